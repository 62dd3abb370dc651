"""Why the instances of a node group do not become nodes: EKS's own words, what its Auto Scaling group did,
what the machines print.

Reads only, and bounded: a few activities, a few lines a console.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from epochctl.aws.session import Aws
from epochctl.aws.tags import tag_filters
from epochctl.errors import EpochctlError

ABSENT = ("ResourceNotFoundException",)
ACTIVITIES, CONSOLES, LINES, WIDTH = 3, 2, 4, 240
_TELLING = re.compile(r"error|fail|forbidden|unauthori[sz]ed|denied|unable|timed? ?out", re.I)


@dataclass(frozen=True)
class Group:
    """The node group as EKS sees it; auto_scaling_groups: their names."""

    status: str
    issues: tuple[str, ...]
    auto_scaling_groups: tuple[str, ...]


class NodeLaunches:
    """Of the one node group of a cluster, which bears its name."""

    def __init__(self, aws: Aws, cluster: str) -> None:
        self._aws, self._cluster = aws, cluster

    def group(self) -> Group | None:
        """None where there is no such node group."""
        names = {"clusterName": self._cluster, "nodegroupName": self._cluster}
        answer = self._aws.find("eks", "describe_nodegroup", absent=ABSENT, **names)
        if answer is None:
            return None
        item = answer["nodegroup"]
        issues = [
            f"{each.get('code')}: {each.get('message')}" for each in item.get("health", {}).get("issues", [])
        ]
        scaling = [each["name"] for each in item.get("resources", {}).get("autoScalingGroups", [])]
        return Group(item.get("status", ""), tuple(issues), tuple(scaling))

    def instances(self) -> tuple[str, ...]:
        """Return the ids of its running instances."""
        filters = [
            *tag_filters({"eks:nodegroup-name": self._cluster, "eks:cluster-name": self._cluster}),
            {"Name": "instance-state-name", "Values": ["running"]},
        ]
        found = self._aws.items("ec2", "describe_instances", "Reservations", Filters=filters)
        return tuple(each["InstanceId"] for reservation in found for each in reservation["Instances"])

    def launch_errors(self, group: Group) -> tuple[str, ...]:
        """Return the messages of the last launches that failed, newest first, each once."""
        lines = [str(each.get("StatusMessage") or each.get("Description")) for each in self._failed(group)]
        return tuple(dict.fromkeys(" ".join(line.split()) for line in lines))[:ACTIVITIES]

    def diagnostics(self, group: Group) -> tuple[str, ...]:
        """Return everything that is known, a line each; what may not be read is left out."""
        running = _if_allowed(self.instances)
        return (
            *(f"EKS: {issue}" for issue in group.issues),
            *(f"Auto Scaling: {line}" for line in _if_allowed(lambda: self.launch_errors(group))),
            *((f"running: {', '.join(running)}",) if running else ()),
            *(line for each in running[:CONSOLES] for line in _if_allowed(partial(self.console_lines, each))),
        )

    def console_lines(self, instance: str) -> tuple[str, ...]:
        """Return the last lines of an instance's console that name a failure, else the last lines."""
        absent, request = ("UnsupportedOperation",), ("ec2", "get_console_output")
        answer = self._aws.find(*request, absent=absent, InstanceId=instance, Latest=True)
        if answer is None:  # only instances on Nitro give the latest output
            answer = self._aws.request(*request, InstanceId=instance)
        lines = [line.strip()[:WIDTH] for line in str(answer.get("Output", "")).splitlines() if line.strip()]
        telling = [line for line in lines if _TELLING.search(line)]
        return tuple(f"{instance}: {line}" for line in dict.fromkeys((telling or lines)[-LINES:]))

    def _failed(self, group: Group) -> list[dict[str, Any]]:
        request = partial(self._aws.request, "autoscaling", "describe_scaling_activities", MaxRecords=20)
        found = [
            each
            for name in group.auto_scaling_groups
            for each in request(AutoScalingGroupName=name)["Activities"]
        ]
        return [each for each in found if each["StatusCode"] in ("Failed", "Cancelled")]


def _if_allowed(read: Callable[[], tuple[str, ...]]) -> tuple[str, ...]:
    try:
        return read()
    except EpochctlError:
        return ()
