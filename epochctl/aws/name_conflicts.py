"""Names that we want and somebody else has: the same name, without our tags. terraform would find out one by
one, after a quarter of an hour of making other things.

Changes nothing, and nothing that it tells of may ever be changed or removed. Knows no terraform program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from epochctl.aws.import_ids import iam_prefix
from epochctl.aws.session import Aws

_CLUSTER, _REGISTRY = "module.cluster.", "module.registry."


class NameConflicts:
    """name: the full name of the environment; tags: what marks its own objects."""

    def __init__(self, aws: Aws, name: str, tags: Mapping[str, str]) -> None:
        self._aws, self._name, self._tags = aws, name, tags

    def find(self) -> dict[str, str]:
        """Address in terraform/ -> what has its name, in a person's words."""
        seen = (*self._cluster(), *self._registry(), *self._identities(), *self._templates())
        return {address: words for address, words, tags in seen if not self._tags.items() <= tags.items()}

    def _cluster(self) -> Iterator[tuple[str, str, dict[str, str]]]:
        eks = self._aws.client("eks")
        found = self._ask(lambda: eks.describe_cluster(name=self._name), "ResourceNotFoundException")
        if found:
            yield (
                _CLUSTER + "aws_eks_cluster.this",
                f"EKS cluster {self._name}",
                found["cluster"].get("tags", {}),
            )

    def _registry(self) -> Iterator[tuple[str, str, dict[str, str]]]:
        ecr = self._aws.client("ecr")
        found = self._ask(
            lambda: ecr.describe_repositories(repositoryNames=[self._name]), "RepositoryNotFoundException"
        )
        if found:
            arn = found["repositories"][0]["repositoryArn"]
            tags = self._aws.call(lambda: ecr.list_tags_for_resource(resourceArn=arn))["tags"]
            yield _REGISTRY + "aws_ecr_repository.this", f"ECR repository {self._name}", _tags(tags)

    def _identities(self) -> Iterator[tuple[str, str, dict[str, str]]]:
        iam, stem = self._aws.client("iam"), iam_prefix(self._name, self._aws.region)
        for address, name in (
            ("aws_iam_role.cluster", f"{stem}-cluster"),
            ("aws_iam_role.node", f"{stem}-node"),
            ("aws_iam_role.lb_controller[0]", f"{stem}-lb-controller"),
        ):
            found = self._ask(lambda name=name: iam.get_role(RoleName=name), "NoSuchEntity")  # type: ignore[misc]
            if found:
                yield _CLUSTER + address, f"IAM role {name}", _tags(found["Role"].get("Tags", []))
        arn = f"arn:aws:iam::{self._aws.account_id()}:policy/{stem}-lb-controller"
        found = self._ask(lambda: iam.get_policy(PolicyArn=arn), "NoSuchEntity")
        if found:
            words = f"IAM policy {stem}-lb-controller"
            yield _CLUSTER + "aws_iam_policy.lb_controller", words, _tags(found["Policy"].get("Tags", []))

    def _templates(self) -> Iterator[tuple[str, str, dict[str, str]]]:
        ec2, name = self._aws.client("ec2"), f"{self._name}-node"
        wanted = [{"Name": "launch-template-name", "Values": [name]}]
        listed = self._aws.call(lambda: ec2.describe_launch_templates(Filters=wanted))["LaunchTemplates"]
        for item in listed:
            yield (
                _CLUSTER + "aws_launch_template.node",
                f"launch template {name}",
                _tags(item.get("Tags", [])),
            )

    def _ask(self, request: Callable[[], Any], absent: str) -> Any | None:
        try:
            return self._aws.call(request, absent=(absent,))
        except LookupError:
            return None


def _tags(listed: list[dict[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in listed}
