"""Settings as terraform's variables, and terraform's outputs as Infrastructure. Knows names and types."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from epochctl.config.settings import Settings
from epochctl.outputs import Infrastructure

_APART = 21  # with this number no two regions of AWS fall together; a test looks


def variables(settings: Settings, region: str, expires: str = "") -> dict[str, Any]:
    """Values of the variables in terraform/variables.tf."""
    return {
        "name": settings.full_name,
        "region": region,
        "tags": settings.region_tags(region),
        "vpc_cidr": vpc_range(settings.full_name, region),
        "cluster_version": settings.cluster.version,
        "instance_types": list(settings.cluster.instance_types),
        "nodes": settings.cluster.nodes,
        "nat": settings.cluster.nat,
        "access": sorted(set(settings.cluster.access)),
        "lb_controller_identity": settings.lb_controller.identity,
        "expires": expires,
    }


def vpc_range(name: str, region: str) -> str:
    """A range of its own for each environment, so that two of them can be peered (but for 1 pair in 256).

    The regions of one environment always differ. A VPC that stands keeps the range that it was made with.
    """
    return f"10.{(_checksum(name) + _checksum(f'{_APART} {region}')) % 256}.0.0/16"


def _checksum(words: str) -> int:
    return zlib.crc32(words.encode())


def infrastructure(outputs: Mapping[str, Any]) -> Infrastructure | None:
    """What the outputs in terraform/outputs.tf say; None while the first apply is not complete."""
    wanted = [field.name for field in fields(Infrastructure)]
    if any(outputs.get(name) is None for name in wanted):
        return None
    return Infrastructure(**{name: _frozen(outputs[name]) for name in wanted})


def state_key(settings: Settings, region: str) -> str:
    """The state's place in the bucket: one for each name, environment and region."""
    return f"{settings.state_folder(region)}/terraform.tfstate"


def everything(settings: Settings, bucket: str) -> tuple[str, ...]:
    """What the very first apply makes, when there is not even a state to plan against."""
    cluster = settings.cluster
    nodes = f"{cluster.nodes} nodes of {' or '.join(cluster.instance_types)}"
    return (
        f"create the state bucket {bucket}",
        f"create a VPC with three public and three private subnets, NAT: {cluster.nat}",
        f"create the EKS cluster {settings.full_name}, Kubernetes {cluster.version}, with {nodes}",
        f"create the ECR repository {settings.full_name}",
    )


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
