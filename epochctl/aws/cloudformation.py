"""CloudFormation stacks that eksctl makes for a cluster: whether one is there; removal without eksctl.

Deletes only what carries eksctl's tag of that cluster. Knows nothing of what is in a stack.
"""

from __future__ import annotations

from typing import Any

from epochctl.aws.session import Aws

CLUSTER_TAG = "alpha.eksctl.io/cluster-name"
ABSENT = ("ValidationError",)  # CloudFormation's word for "Stack with id ... does not exist"


class Stacks:
    """The stacks of one region."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def status(self, name: str, cluster: str) -> str:
        """CREATE_COMPLETE, ROLLBACK_COMPLETE, DELETE_FAILED ...; "" where that cluster has no such stack."""
        stack = self._describe(name)
        return str(stack["StackStatus"]) if stack and _of(stack, cluster) else ""

    def delete(self, name: str, cluster: str) -> bool:
        """Ask for its deletion, its protection (eksctl sets one) lifted first. False: absent."""
        stack = self._describe(name)
        if stack is None or not _of(stack, cluster):
            return False
        client, identifier = self._aws.client("cloudformation"), stack["StackId"]
        if stack.get("EnableTerminationProtection"):
            self._aws.call(
                lambda: client.update_termination_protection(
                    StackName=identifier, EnableTerminationProtection=False
                )
            )
        self._aws.call(lambda: client.delete_stack(StackName=identifier))
        return True

    def _describe(self, name: str) -> dict[str, Any] | None:
        client = self._aws.client("cloudformation")
        try:
            answer = self._aws.call(lambda: client.describe_stacks(StackName=name), absent=ABSENT)
        except LookupError:
            return None
        return dict(answer["Stacks"][0]) if answer["Stacks"] else None


def _of(stack: dict[str, Any], cluster: str) -> bool:
    return {"Key": CLUSTER_TAG, "Value": cluster} in stack.get("Tags", ())
