"""What makes a thing ours: our tags, the tags that the machinery of our cluster writes, our words in a
record.

A name alone proves nothing: another environment's may begin with ours. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

RECORD_PREFIX = "_epochctl."
STEM = 20  # of a name that is left whole by whoever must shorten it


@dataclass(frozen=True)
class Belonging:
    """Of one (name, environment)."""

    full_name: str
    tags: Mapping[str, str]

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

    def owns(self, tags: Iterable[Mapping[str, str]]) -> bool:
        """Whether these tags, as AWS lists them, make a thing ours."""
        present = {tag["Key"]: tag.get("Value", "") for tag in tags}
        return _carries(present, self.tags) or any(present.get(k) == v for k, v in self.cluster_tags.items())

    def marked(self, tags: Iterable[Mapping[str, str]]) -> bool:
        """Whether they bear our own tags: for what another may have made under our name."""
        return _carries({tag["Key"]: tag.get("Value", "") for tag in tags}, self.tags)

    def may_own(self, name: str) -> bool:
        """Whether a name is worth a look at its tags. Long names are cut, so only their beginning counts."""
        stem = self.full_name[:STEM]
        return name.startswith((stem, f"eksctl-{stem}"))

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
