"""IAM's providers for the tokens of others (OIDC): which there are. Changes nothing."""

from __future__ import annotations

from epochctl.aws.session import Aws


class OidcProviders:
    """Of the whole account."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def find(self, host: str) -> str:
        """The ARN of the one for that issuer, "" where there is none. An account has one at most."""
        iam = self._aws.client("iam")
        listed = self._aws.call(iam.list_open_id_connect_providers)["OpenIDConnectProviderList"]
        return next((str(each["Arn"]) for each in listed if each["Arn"].endswith(f"/{host}")), "")

    def tags(self, arn: str) -> dict[str, str]:
        """What is written on it."""
        iam = self._aws.client("iam")
        listed = self._aws.call(lambda: iam.list_open_id_connect_provider_tags(OpenIDConnectProviderArn=arn))
        return {tag["Key"]: tag["Value"] for tag in listed["Tags"]}
