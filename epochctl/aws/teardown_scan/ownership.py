"""What makes a thing ours: our tags, the tags that the machinery of our cluster writes, our words in a
record.

A name alone proves nothing: another environment's may begin with ours. The cluster's tags are no more than
its name: they count in a VPC of ours, and nowhere while another's cluster bears that name. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from epochctl.config.settings import REGION_TAG

_BALANCER = re.compile(r"\.([a-z0-9-]+)\.elb\.amazonaws\.com(\.cn)?$")
RECORD_PREFIX = "_epochctl."
STEM = 20  # of a name that is left whole by whoever must shorten it

Tags = Iterable[Mapping[str, str]]


@dataclass(frozen=True)
class Remnant:
    """A thing that exists, with its kind and exact id. foreign: why it is not ours; "" for what is."""

    words: str
    foreign: str = ""


@dataclass(frozen=True)
class Ownership:
    """Of one (name, environment) in one region. vpcs: ids of ours; others: of all the rest that exist.

    usurped: a cluster of our name is there, and it is not ours.
    """

    full_name: str
    tags: Mapping[str, str]
    vpcs: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    usurped: bool = False
    region: str = ""

    @property
    def cluster_tags(self) -> dict[str, str]:
        """As EKS, its node groups, the CNI, the load balancer controller, the CSI driver and eksctl write
        them.
        """
        return {
            f"kubernetes.io/cluster/{self.full_name}": "owned",
            "elbv2.k8s.aws/cluster": self.full_name,
            "cluster.k8s.amazonaws.com/name": self.full_name,
            "aws:eks:cluster-name": self.full_name,
            "eks:cluster-name": self.full_name,
            "alpha.eksctl.io/cluster-name": self.full_name,
        }

    @property
    def keys(self) -> list[str]:
        """Every tag key that may make a thing ours."""
        return [*self.tags, *self.cluster_tags]

    def marked(self, tags: Tags) -> bool:
        """Whether our own tags are on it: for what another may have made under our name."""
        return _carries({tag["Key"]: tag.get("Value", "") for tag in tags}, self.tags)

    def judge(self, words: str, tags: Tags, vpc: str = "") -> list[Remnant]:
        """As ours, as somebody else's of our name, or not at all. vpc: where the thing stands, if in one."""
        present = {tag["Key"]: tag.get("Value", "") for tag in tags}
        if self.elsewhere(present):
            return []
        if _carries(present, self.tags):
            return [Remnant(words)]
        if not any(present.get(key) == value for key, value in self.cluster_tags.items()):
            return []
        if self.usurped:
            return [Remnant(words, f"of the cluster {self.full_name}, which has not our tags")]
        if vpc in self.others:
            return [Remnant(words, f"of a cluster of our name in {vpc}, which is not ours")]
        return [Remnant(words)]

    def elsewhere(self, present: Mapping[str, str]) -> bool:
        """Whether it says that it belongs to another region: IAM and Route 53 show those of all."""
        return present.get(REGION_TAG, self.region) != self.region

    def named(self, words: str, tags: Tags) -> list[Remnant]:
        """A thing that has exactly our name: ours by our own tags only."""
        return [Remnant(words, "" if self.marked(tags) else "it has our name, not our tags")]

    def may_own(self, name: str) -> bool:
        """Whether a name is worth a look at its tags. Long names are cut, so only their beginning counts."""
        stem = self.full_name[:STEM]
        return name.startswith((stem, f"eksctl-{stem}"))

    def of_another_region(self, record: Mapping[str, Any]) -> bool:
        """Whether a record set leads to the load balancer of another region, alone or among several.

        In a zone of ours only; that it has a companion of ours is for the caller to see.
        """
        target = str(record.get("AliasTarget", {}).get("DNSName", "")).lower().rstrip(".")
        found = _BALANCER.search(target)
        return found is not None and found[1] != self.region

    def owns_record(self, record: Mapping[str, Any]) -> bool:
        """Whether a record set is the TXT companion of a record of ours."""
        if record["Type"] != "TXT" or not record["Name"].startswith(RECORD_PREFIX):
            return False
        wanted = {
            "epochctl",
            *(f"{key.removeprefix('epochctl:')}={value}" for key, value in self.tags.items()),
        }
        return any(wanted <= set(value["Value"].strip('"').split()) for value in record["ResourceRecords"])


def _carries(present: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    return bool(wanted) and all(present.get(key) == value for key, value in wanted.items())
