"""IAM roles, policies and OIDC providers of ours, and the stacks that eksctl keeps its own in."""

from __future__ import annotations

from typing import Any

from epochctl.aws.session import Aws
from epochctl.aws.tags import tag_dict
from epochctl.aws.teardown_scan.ownership import Ownership, Remnant


def roles(aws: Aws, ownership: Ownership) -> list[Remnant]:
    names = [item["RoleName"] for item in aws.items("iam", "list_roles", "Roles")]
    return [
        finding
        for name in names
        if ownership.may_match_name(name)
        for finding in _classified(aws, ownership, f"IAM role {name}", "list_role_tags", RoleName=name)
    ]


def policies(aws: Aws, ownership: Ownership) -> list[Remnant]:
    found = aws.items("iam", "list_policies", "Policies", Scope="Local")
    return [
        finding
        for arn in (item["Arn"] for item in found if ownership.may_match_name(item["PolicyName"]))
        for finding in _classified(aws, ownership, f"IAM policy {arn}", "list_policy_tags", PolicyArn=arn)
    ]


def oidc_providers(aws: Aws, ownership: Ownership) -> list[Remnant]:
    found = aws.items("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList")
    operation = "list_open_id_connect_provider_tags"
    return [
        finding
        for arn in (item["Arn"] for item in found if _of_region(item["Arn"], aws.region))
        for finding in _classified(
            aws, ownership, f"IAM OIDC provider {arn}", operation, OpenIDConnectProviderArn=arn
        )
    ]


def _of_region(arn: str, region: str) -> bool:
    """An issuer of EKS has its region in its name; any other is judged by its tags."""
    return ".eks." not in arn or f".{region}." in arn


def stacks(aws: Aws, ownership: Ownership) -> list[Remnant]:
    """CloudFormation stacks of eksctl; a stack that was deleted is not described any more."""
    found = aws.items("cloudformation", "describe_stacks", "Stacks")
    return [
        finding
        for item in found
        for finding in ownership.classify(
            f"CloudFormation stack {item['StackName']}", tag_dict(item.get("Tags"))
        )
    ]


def _classified(
    aws: Aws, ownership: Ownership, words: str, operation: str, **arguments: Any
) -> list[Remnant]:
    """By its tags; one that has vanished meanwhile is nobody's."""
    answer = aws.find("iam", operation, absent=("NoSuchEntity",), **arguments)
    return ownership.classify(words, tag_dict(answer["Tags"])) if answer else []


SCANS = (roles, policies, oidc_providers, stacks)
