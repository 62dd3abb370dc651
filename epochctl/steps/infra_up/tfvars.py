"""Settings and the expiry as terraform's variables, and terraform's outputs as Infrastructure."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

from epochctl.aws.expiry import NEVER, Expiry, format_expiry
from epochctl.config.settings import Settings
from epochctl.durations import parse_duration
from epochctl.outputs import Infrastructure

_REGION_SALT = 21  # with this number all AWS regions get different ranges; a test checks it


def variables(settings: Settings, region: str, expires: str = "") -> dict[str, Any]:
    """Return the values of the variables in terraform/variables.tf."""
    return {
        "name": settings.full_name,
        "region": region,
        "tags": settings.region_tags(region),
        "vpc_cidr": vpc_cidr(settings.full_name, region),
        "cluster_version": settings.cluster.version,
        "instance_types": list(settings.cluster.instance_types),
        "nodes": settings.cluster.nodes,
        "nat": settings.cluster.nat,
        "access": sorted(set(settings.cluster.access)),
        "lb_controller_identity": settings.lb_controller.identity,
        "expires": expires,
    }


def vpc_cidr(name: str, region: str) -> str:
    """Return the VPC's range, which differs by environment, so that two can be peered (but 1 pair in 256).

    The regions of one environment always differ. An existing VPC keeps the range it was created with.
    """
    return f"10.{(_checksum(name) + _checksum(f'{_REGION_SALT} {region}')) % 256}.0.0/16"


def _checksum(text: str) -> int:
    return zlib.crc32(text.encode())


def parse_outputs(outputs: Mapping[str, Any]) -> Infrastructure | None:
    """Return the outputs of terraform/outputs.tf, or None while the first apply is not complete."""
    wanted = [field.name for field in fields(Infrastructure)]
    if any(outputs.get(name) is None for name in wanted):
        return None
    return Infrastructure(**{name: _frozen(outputs[name]) for name in wanted})


def state_key(settings: Settings, region: str) -> str:
    """Return the state's key in the bucket: one for each name, environment and region."""
    return f"{settings.state_folder(region)}/terraform.tfstate"


def initial_changes(settings: Settings, bucket: str) -> tuple[str, ...]:
    """Return what the first apply creates, a line each, while there is no state to plan against."""
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


class Ttl:
    """When the environment expires: by the option, else as it was tagged, else by the setting.

    An existing expiry is kept, so that a second `up` changes nothing. option: --ttl, counted from now.
    """

    def __init__(self, expiry: Expiry, setting: str, option: str = "") -> None:
        self._expiry, self._setting, self._option = expiry, setting, option
        self._decided: str | None = None

    def expires(self) -> str:
        """Return the tag's value. Decided once: what is planned must be what is applied."""
        if self._decided is None:
            tagged = "" if self._option else self._expiry.read()
            self._decided = decide_expiry(self._option, tagged, self._setting, datetime.now(UTC))
        return self._decided


def decide_expiry(option: str, tagged: str, setting: str, now: datetime) -> str:
    """Return a time in UTC, "never", or "" where no expiry was ever given."""
    if not option and tagged:
        return tagged
    wanted = option or setting
    if wanted in ("", NEVER):
        return wanted
    return format_expiry(now + timedelta(seconds=parse_duration(wanted) or 0.0))
