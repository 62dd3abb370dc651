"""CloudFormation stacks that eksctl creates for a cluster: their status, and deletion without eksctl.

Deletes only what carries eksctl's tag of that cluster.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from epochctl.aws.session import Aws
from epochctl.aws.tags import tag_dict

CLUSTER_TAG = "alpha.eksctl.io/cluster-name"
ABSENT = ("ValidationError",)  # CloudFormation's word for "Stack with id ... does not exist"


class Stacks:
    """The stacks of one region."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def status(self, name: str, cluster: str) -> str:
        """Return CREATE_COMPLETE, DELETE_FAILED ...; "" where that cluster has no such stack."""
        stack = self._describe(name)
        return str(stack["StackStatus"]) if stack and _of(stack, cluster) else ""

    def delete(self, name: str, cluster: str) -> bool:
        """Start its deletion, without the protection that eksctl sets. Return False where it is absent."""
        stack = self._describe(name)
        if stack is None or not _of(stack, cluster):
            return False
        request = partial(self._aws.request, "cloudformation", StackName=stack["StackId"])
        if stack.get("EnableTerminationProtection"):
            request("update_termination_protection", EnableTerminationProtection=False)
        request("delete_stack")
        return True

    def _describe(self, name: str) -> dict[str, Any] | None:
        answer = self._aws.find("cloudformation", "describe_stacks", absent=ABSENT, StackName=name)
        return dict(answer["Stacks"][0]) if answer and answer["Stacks"] else None


def _of(stack: dict[str, Any], cluster: str) -> bool:
    return tag_dict(stack.get("Tags")).get(CLUSTER_TAG) == cluster
