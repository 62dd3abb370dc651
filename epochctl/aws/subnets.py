"""Subnets and their tags. Knows nothing of Kubernetes, nor of which tags anybody wants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from epochctl.aws.session import Aws


@dataclass(frozen=True)
class Subnet:
    """A subnet of a VPC."""

    id: str
    zone: str
    tags: Mapping[str, str]


class Subnets:
    """The subnets of one region."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def describe(self, ids: Sequence[str]) -> tuple[Subnet, ...]:
        """Those of `ids` that exist, in the order of their ids."""
        if not ids:
            return ()
        filters = [{"Name": "subnet-id", "Values": list(ids)}]
        pages = self._aws.client("ec2").get_paginator("describe_subnets").paginate(Filters=filters)
        found = [item for page in self._aws.call(lambda: list(pages)) for item in page["Subnets"]]
        return tuple(
            Subnet(
                item["SubnetId"],
                item["AvailabilityZone"],
                {t["Key"]: t["Value"] for t in item.get("Tags", [])},
            )
            for item in sorted(found, key=lambda item: str(item["SubnetId"]))
        )
