"""IAM roles, policies and OIDC providers of ours, and the stacks that eksctl keeps its own in."""

from __future__ import annotations

from typing import Any

from epochctl.clients.leftovers.belonging import Belonging
from epochctl.clients.leftovers.reading import Reader


def roles(reader: Reader, mine: Belonging) -> list[str]:
    names = [item["RoleName"] for item in reader.items("iam", "list_roles", "Roles")]
    ours = [n for n in names if mine.may_own(n) and _tagged(reader, mine, "list_role_tags", RoleName=n)]
    return [f"IAM role {name}" for name in ours]


def policies(reader: Reader, mine: Belonging) -> list[str]:
    found = reader.items("iam", "list_policies", "Policies", Scope="Local")
    arns = [item["Arn"] for item in found if mine.may_own(item["PolicyName"])]
    return [f"IAM policy {arn}" for arn in arns if _tagged(reader, mine, "list_policy_tags", PolicyArn=arn)]


def oidc_providers(reader: Reader, mine: Belonging) -> list[str]:
    found = reader.items("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList")
    operation = "list_open_id_connect_provider_tags"
    ours = [i["Arn"] for i in found if _tagged(reader, mine, operation, OpenIDConnectProviderArn=i["Arn"])]
    return [f"IAM OIDC provider {arn}" for arn in ours]


def stacks(reader: Reader, mine: Belonging) -> list[str]:
    """CloudFormation stacks of eksctl; a stack that was deleted is not described any more."""
    found = reader.items("cloudformation", "describe_stacks", "Stacks")
    return [f"CloudFormation stack {item['StackName']}" for item in found if mine.owns(item.get("Tags", ()))]


def _tagged(reader: Reader, mine: Belonging, operation: str, **arguments: Any) -> bool:
    """Whether its tags make it ours; one that has vanished meanwhile is not."""
    answer = reader.find("iam", operation, "NoSuchEntity", **arguments)
    return answer is not None and mine.owns(answer["Tags"])


QUESTIONS = (roles, policies, oidc_providers, stacks)
