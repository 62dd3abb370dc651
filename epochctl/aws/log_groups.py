"""Log groups of CloudWatch Logs: EKS makes one for a cluster with logging on, and never removes it.

Whose it is, is told by our tags; they are put on while its cluster, which is ours, still stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from epochctl.aws.session import Aws

_ABSENT = ("ResourceNotFoundException",)


class LogGroups:
    """The log groups of one region."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def claim(self, cluster: str, since: datetime, tags: Mapping[str, str]) -> bool:
        """Mark the cluster's group as ours, unless it is older than the cluster: then it was another's."""
        group, client = self._group(cluster), self._aws.client("logs")
        if group is None or group["creationTime"] < since.timestamp() * 1000 - 1000:
            return False
        request = {"resourceArn": _arn(group), "tags": dict(tags)}
        self._aws.call(lambda: client.tag_resource(**request), absent=_ABSENT)
        return True

    def delete(self, cluster: str, tags: Mapping[str, str], since: datetime | None = None) -> str:
        """Delete the cluster's group where it bears our tags, or was made after `since`. Its name, or ""."""
        group, client = self._group(cluster), self._aws.client("logs")
        if group is None:
            return ""
        late = since is not None and group["creationTime"] >= since.timestamp() * 1000 - 1000
        try:
            if late or tags.items() <= self._tags(group).items():
                name = str(group["logGroupName"])
                self._aws.call(lambda: client.delete_log_group(logGroupName=name), absent=_ABSENT)
                return name
        except LookupError:
            pass  # gone meanwhile
        return ""

    def _group(self, cluster: str) -> dict[str, Any] | None:
        name, client = f"/aws/eks/{cluster}/cluster", self._aws.client("logs")
        pages = client.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=name)
        found = self._aws.call(lambda: [item for page in pages for item in page["logGroups"]])
        return next((item for item in found if item["logGroupName"] == name), None)

    def _tags(self, group: dict[str, Any]) -> dict[str, str]:
        client = self._aws.client("logs")
        told = self._aws.call(lambda: client.list_tags_for_resource(resourceArn=_arn(group)), absent=_ABSENT)
        return dict(told["tags"])


def _arn(group: dict[str, Any]) -> str:
    """Tags are asked for without the star that means the group's streams."""
    return str(group["arn"]).removesuffix(":*")
