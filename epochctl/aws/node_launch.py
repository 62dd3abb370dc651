"""Why the instances of a node group do not become nodes: EKS's own words, what its Auto Scaling group did,
what the machines print.

Reads only, and bounded: a few activities, a few lines a console. Knows nothing inside the cluster.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from epochctl.aws.session import Aws
from epochctl.errors import EpochctlError

ABSENT = ("ResourceNotFoundException",)
ACTIVITIES, CONSOLES, LINES, WIDTH = 3, 2, 4, 240
_TELLING = re.compile(r"error|fail|forbidden|unauthori[sz]ed|denied|unable|timed? ?out", re.I)


@dataclass(frozen=True)
class Group:
    """The node group as EKS sees it; scaling: the names of its Auto Scaling groups."""

    status: str
    issues: tuple[str, ...]
    scaling: tuple[str, ...]


class NodeLaunches:
    """Of the one node group of a cluster, which bears its name."""

    def __init__(self, aws: Aws, cluster: str) -> None:
        self._aws, self._cluster = aws, cluster

    def group(self) -> Group | None:
        """None where there is no such node group."""
        client, name = self._aws.client("eks"), self._cluster
        try:
            answer = self._aws.call(
                lambda: client.describe_nodegroup(clusterName=name, nodegroupName=name), absent=ABSENT
            )
        except LookupError:
            return None
        item = answer["nodegroup"]
        issues = [
            f"{each.get('code')}: {each.get('message')}" for each in item.get("health", {}).get("issues", [])
        ]
        scaling = [each["name"] for each in item.get("resources", {}).get("autoScalingGroups", [])]
        return Group(item.get("status", ""), tuple(issues), tuple(scaling))

    def instances(self) -> tuple[str, ...]:
        """Ids of its machines that run."""
        wanted = [
            {"Name": "tag:eks:nodegroup-name", "Values": [self._cluster]},
            {"Name": "tag:eks:cluster-name", "Values": [self._cluster]},
            {"Name": "instance-state-name", "Values": ["running"]},
        ]
        pages = self._aws.client("ec2").get_paginator("describe_instances").paginate(Filters=wanted)
        found = self._aws.call(lambda: [item for page in pages for item in page["Reservations"]])
        return tuple(each["InstanceId"] for reservation in found for each in reservation["Instances"])

    def refusals(self, group: Group) -> tuple[str, ...]:
        """What EC2 said to the last launches that failed, newest first, each once."""
        lines = [str(each.get("StatusMessage") or each.get("Description")) for each in self._failed(group)]
        return tuple(dict.fromkeys(" ".join(line.split()) for line in lines))[:ACTIVITIES]

    def evidence(self, group: Group) -> tuple[str, ...]:
        """Everything, a line each; what may not be asked is left out."""
        running = _allowed(self.instances)
        return (
            *(f"EKS: {issue}" for issue in group.issues),
            *(f"Auto Scaling: {line}" for line in _allowed(lambda: self.refusals(group))),
            *((f"running: {', '.join(running)}",) if running else ()),
            *(line for each in running[:CONSOLES] for line in _allowed(lambda each=each: self.console(each))),
        )

    def console(self, instance: str) -> tuple[str, ...]:
        """The last telling lines that a machine printed."""
        client = self._aws.client("ec2")
        try:
            told = self._aws.call(
                lambda: client.get_console_output(InstanceId=instance, Latest=True),
                absent=("UnsupportedOperation",),
            )
        except LookupError:  # only newer machines tell it at once
            told = self._aws.call(lambda: client.get_console_output(InstanceId=instance))
        lines = [line.strip()[:WIDTH] for line in str(told.get("Output", "")).splitlines() if line.strip()]
        telling = [line for line in lines if _TELLING.search(line)]
        return tuple(f"{instance}: {line}" for line in dict.fromkeys((telling or lines)[-LINES:]))

    def _failed(self, group: Group) -> list[dict[str, Any]]:
        client = self._aws.client("autoscaling")
        found: list[dict[str, Any]] = []
        for name in group.scaling:
            answer = self._aws.call(
                lambda name=name: client.describe_scaling_activities(AutoScalingGroupName=name, MaxRecords=20)  # type: ignore[misc]
            )
            found += answer["Activities"]
        return [each for each in found if each["StatusCode"] in ("Failed", "Cancelled")]


def _allowed(question: Any) -> tuple[str, ...]:
    try:
        return tuple(question())
    except EpochctlError:
        return ()
