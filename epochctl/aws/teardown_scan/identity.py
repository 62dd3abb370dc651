"""IAM roles, policies and OIDC providers of ours, and the stacks that eksctl keeps its own in."""

from __future__ import annotations

from typing import Any

from epochctl.aws.teardown_scan.ownership import Ownership, Remnant
from epochctl.aws.teardown_scan.paging import Reader


def roles(reader: Reader, mine: Ownership) -> list[Remnant]:
    names = [item["RoleName"] for item in reader.items("iam", "list_roles", "Roles")]
    return [
        finding
        for name in names
        if mine.may_own(name)
        for finding in _judged(reader, mine, f"IAM role {name}", "list_role_tags", RoleName=name)
    ]


def policies(reader: Reader, mine: Ownership) -> list[Remnant]:
    found = reader.items("iam", "list_policies", "Policies", Scope="Local")
    return [
        finding
        for arn in (item["Arn"] for item in found if mine.may_own(item["PolicyName"]))
        for finding in _judged(reader, mine, f"IAM policy {arn}", "list_policy_tags", PolicyArn=arn)
    ]


def oidc_providers(reader: Reader, mine: Ownership) -> list[Remnant]:
    found = reader.items("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList")
    operation = "list_open_id_connect_provider_tags"
    return [
        finding
        for arn in (item["Arn"] for item in found if _of_region(item["Arn"], reader.region))
        for finding in _judged(
            reader, mine, f"IAM OIDC provider {arn}", operation, OpenIDConnectProviderArn=arn
        )
    ]


def _of_region(arn: str, region: str) -> bool:
    """An issuer of EKS has its region in its name; any other is judged by its tags."""
    return ".eks." not in arn or f".{region}." in arn


def stacks(reader: Reader, mine: Ownership) -> list[Remnant]:
    """CloudFormation stacks of eksctl; a stack that was deleted is not described any more."""
    found = reader.items("cloudformation", "describe_stacks", "Stacks")
    return [
        finding
        for item in found
        for finding in mine.judge(f"CloudFormation stack {item['StackName']}", item.get("Tags", ()))
    ]


def _judged(reader: Reader, mine: Ownership, words: str, operation: str, **arguments: Any) -> list[Remnant]:
    """By its tags; one that has vanished meanwhile is nobody's."""
    answer = reader.find("iam", operation, "NoSuchEntity", **arguments)
    return mine.judge(words, answer["Tags"]) if answer else []


QUESTIONS = (roles, policies, oidc_providers, stacks)
