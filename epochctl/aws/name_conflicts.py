"""Names that we want and somebody else has: the same name, without our tags. terraform would find out one by
one, after a quarter of an hour of making other things.

Changes nothing, and nothing that it tells of may ever be changed or removed. Knows no terraform program.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from epochctl.aws.iam import iam_prefix
from epochctl.aws.session import Aws
from epochctl.aws.tags import has_tags, tag_dict

_CLUSTER, _REGISTRY = "module.cluster.", "module.registry."
_ABSENT = ("ResourceNotFoundException", "RepositoryNotFoundException", "NoSuchEntity")


class NameConflicts:
    """name: the full name of the environment; tags: what marks its own objects."""

    def __init__(self, aws: Aws, name: str, tags: Mapping[str, str]) -> None:
        self._aws, self._name, self._tags = aws, name, tags

    def find(self) -> dict[str, str]:
        """Address in terraform/ -> what has its name, in a person's words."""
        seen = (*self._cluster(), *self._registry(), *self._identities(), *self._templates())
        return {address: words for address, words, tags in seen if not has_tags(tags, self._tags)}

    def _cluster(self) -> Iterator[tuple[str, str, dict[str, str]]]:
        found = self._find("eks", "describe_cluster", name=self._name)
        if found:
            yield (
                _CLUSTER + "aws_eks_cluster.this",
                f"EKS cluster {self._name}",
                found["cluster"].get("tags", {}),
            )

    def _registry(self) -> Iterator[tuple[str, str, dict[str, str]]]:
        found = self._find("ecr", "describe_repositories", repositoryNames=[self._name])
        if found:
            arn = found["repositories"][0]["repositoryArn"]
            tags = self._aws.request("ecr", "list_tags_for_resource", resourceArn=arn)["tags"]
            yield _REGISTRY + "aws_ecr_repository.this", f"ECR repository {self._name}", tag_dict(tags)

    def _identities(self) -> Iterator[tuple[str, str, dict[str, str]]]:
        stem = iam_prefix(self._name, self._aws.region)
        for address, name in (
            ("aws_iam_role.cluster", f"{stem}-cluster"),
            ("aws_iam_role.node", f"{stem}-node"),
            ("aws_iam_role.lb_controller[0]", f"{stem}-lb-controller"),
        ):
            found = self._find("iam", "get_role", RoleName=name)
            if found:
                yield _CLUSTER + address, f"IAM role {name}", tag_dict(found["Role"].get("Tags"))
        arn = f"arn:aws:iam::{self._aws.account_id()}:policy/{stem}-lb-controller"
        found = self._find("iam", "get_policy", PolicyArn=arn)
        if found:
            words = f"IAM policy {stem}-lb-controller"
            yield _CLUSTER + "aws_iam_policy.lb_controller", words, tag_dict(found["Policy"].get("Tags"))

    def _templates(self) -> Iterator[tuple[str, str, dict[str, str]]]:
        name = f"{self._name}-node"
        filters = [{"Name": "launch-template-name", "Values": [name]}]
        address, words = _CLUSTER + "aws_launch_template.node", f"launch template {name}"
        for item in self._aws.items("ec2", "describe_launch_templates", "LaunchTemplates", Filters=filters):
            yield address, words, tag_dict(item.get("Tags"))

    def _find(self, service: str, operation: str, **arguments: Any) -> dict[str, Any] | None:
        return self._aws.find(service, operation, absent=_ABSENT, **arguments)
