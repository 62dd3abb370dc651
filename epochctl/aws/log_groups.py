"""Log groups of CloudWatch Logs: EKS makes one for a cluster with logging on, and never removes it.

Tags prove whose it is; they are put on while its cluster, which is owned, still exists.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from epochctl.aws.session import Aws
from epochctl.aws.tags import has_tags

_ABSENT = ("ResourceNotFoundException",)


class LogGroups:
    """The log groups of one region."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def tag(self, cluster: str, since: datetime, tags: Mapping[str, str]) -> bool:
        """Tag the cluster's group, unless it is older than the cluster; return whether it is tagged now."""
        group = self._group(cluster)
        if group is None or group["creationTime"] < since.timestamp() * 1000 - 1000:
            return False
        arguments = {"resourceArn": _arn(group), "tags": dict(tags)}
        return self._aws.find("logs", "tag_resource", absent=_ABSENT, **arguments) is not None

    def delete(self, cluster: str, tags: Mapping[str, str], since: datetime | None = None) -> str:
        """Delete the cluster's group if it has the tags or is newer than `since`; return its name, or ""."""
        group = self._group(cluster)
        if group is None:
            return ""
        late = since is not None and group["creationTime"] >= since.timestamp() * 1000 - 1000
        if not late and not has_tags(self._tags(group), tags):
            return ""
        name = str(group["logGroupName"])
        answer = self._aws.find("logs", "delete_log_group", absent=_ABSENT, logGroupName=name)
        return "" if answer is None else name

    def _group(self, cluster: str) -> dict[str, Any] | None:
        name = f"/aws/eks/{cluster}/cluster"
        found = self._aws.items("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=name)
        return next((item for item in found if item["logGroupName"] == name), None)

    def _tags(self, group: dict[str, Any]) -> dict[str, str]:
        arguments = {"resourceArn": _arn(group)}
        answer = self._aws.find("logs", "list_tags_for_resource", absent=_ABSENT, **arguments)
        return dict(answer["tags"]) if answer else {}


def _arn(group: dict[str, Any]) -> str:
    """Tags are asked for without the star that means the group's streams."""
    return str(group["arn"]).removesuffix(":*")
