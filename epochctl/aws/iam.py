"""IAM: the names of the roles and policies that terraform/ creates, and OIDC identity providers. Changes
nothing.
"""

from __future__ import annotations

import hashlib

from epochctl.aws.session import Aws
from epochctl.aws.tags import tag_dict


def iam_prefix(name: str, region: str) -> str:
    """Return the prefix of the IAM names of an environment, shortened as terraform/modules/cluster does."""
    stem = name if len(name) <= 30 else f"{name[:23]}-{hashlib.sha1(name.encode()).hexdigest()[:6]}"
    return f"{stem}-{region}"


class OidcProviders:
    """The OIDC identity providers of the account."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def find(self, host: str) -> str:
        """Return the ARN of the provider for an issuer's host, "" where there is none. An account has one at
        most.
        """
        listed = self._aws.items("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList")
        return next((str(each["Arn"]) for each in listed if each["Arn"].endswith(f"/{host}")), "")

    def tags(self, arn: str) -> dict[str, str]:
        """Return the tags of a provider."""
        operation = "list_open_id_connect_provider_tags"
        return tag_dict(self._aws.items("iam", operation, "Tags", OpenIDConnectProviderArn=arn))
