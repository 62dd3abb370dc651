"""What makes a thing ours: our tags, the tags that the machinery of our cluster writes, our words in a
record.

A name alone proves nothing: another environment's may begin with ours. The cluster's tags are no more than
its name: they count in a VPC of ours, and nowhere while another's cluster bears that name. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from epochctl.aws.tags import has_tags
from epochctl.config.settings import REGION_TAG

_BALANCER = re.compile(r"\.([a-z0-9-]+)\.elb\.amazonaws\.com(\.cn)?$")
RECORD_PREFIX = "_epochctl."
STEM = 20  # characters that stay whole where a long name is shortened


@dataclass(frozen=True)
class Remnant:
    """A thing that exists, with its kind and exact id. foreign: why it is not ours; "" for what is."""

    description: str
    foreign: str = ""


@dataclass(frozen=True)
class Ownership:
    """Of one (name, environment) in one region. vpcs: ids of its VPCs; other_vpcs: of all the rest.

    has_foreign_cluster: the cluster of that name exists and is not owned.
    """

    full_name: str
    tags: Mapping[str, str]
    vpcs: frozenset[str] = frozenset()
    other_vpcs: frozenset[str] = frozenset()
    has_foreign_cluster: bool = False
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
        """Every tag key that may prove ownership."""
        return [*self.tags, *self.cluster_tags]

    def classify(self, words: str, tags: Mapping[str, str], vpc: str = "") -> list[Remnant]:
        """Return the object as owned or as foreign of the same name, [] where it is neither.

        vpc: the id of the VPC that it is in, "" where it is in none.
        """
        if tags.get(REGION_TAG, self.region) != self.region:  # IAM and Route 53 list those of all regions
            return []
        if has_tags(tags, self.tags):
            return [Remnant(words)]
        if not any(tags.get(key) == value for key, value in self.cluster_tags.items()):
            return []
        if self.has_foreign_cluster:
            return [Remnant(words, f"of the cluster {self.full_name}, which has not our tags")]
        if vpc in self.other_vpcs:
            return [Remnant(words, f"of a cluster of our name in {vpc}, which is not ours")]
        return [Remnant(words)]

    def classify_named(self, words: str, tags: Mapping[str, str]) -> list[Remnant]:
        """Return an object that has exactly our name: owned by our own tags only."""
        return [Remnant(words, "" if has_tags(tags, self.tags) else "it has our name, not our tags")]

    def may_match_name(self, name: str) -> bool:
        """Return whether the tags of an object of that name are worth reading. Long names are shortened, so
        only their beginning counts.
        """
        stem = self.full_name[:STEM]
        return name.startswith((stem, f"eksctl-{stem}"))

    def leads_to_other_region(self, record: Mapping[str, Any]) -> bool:
        """Return whether a record set leads to a load balancer of another region, alone or among several.

        Does not look at who owns the zone or the record.
        """
        target = str(record.get("AliasTarget", {}).get("DNSName", "")).lower().rstrip(".")
        found = _BALANCER.search(target)
        return found is not None and found[1] != self.region

    def owns_record(self, record: Mapping[str, Any]) -> bool:
        """Return whether a record set is the TXT record that marks a record as owned."""
        if record["Type"] != "TXT" or not record["Name"].startswith(RECORD_PREFIX):
            return False
        wanted = {
            "epochctl",
            *(f"{key.removeprefix('epochctl:')}={value}" for key, value in self.tags.items()),
        }
        return any(wanted <= set(value["Value"].strip('"').split()) for value in record["ResourceRecords"])
