"""Checks of the region: availability zones, instance types, the nodes' architecture, the EKS version."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from epochctl.aws.capacity import UNSUPPORTED_ZONES, Capacity, InstanceType
from epochctl.aws.eks import Eks
from epochctl.config import versions
from epochctl.config.settings import Settings
from epochctl.image.names import normalize
from epochctl.preflight.check_result import CheckResult, fail, ok, warn

MINIMUM_ZONES, ZONES = 2, 3
WARN_DAYS = 90


class RegionChecks:
    """Checks of what the environment needs from its region."""

    def __init__(self, settings: Settings, capacity: Capacity, eks: Eks) -> None:
        self._cluster, self._capacity, self._eks = settings.cluster, capacity, eks

    def zones(self) -> Iterator[CheckResult]:
        """Check that EKS can place a control plane in two availability zones."""
        zones = self._capacity.zones()
        without = (
            f"; not {', '.join(zones.unusable)}, EKS has no control plane there" if zones.unusable else ""
        )
        if len(zones.usable) < MINIMUM_ZONES:
            text = f"{len(zones.usable)} of the two that EKS needs{without}"
            yield fail(
                "availability zones", text, f"another region ({', '.join(UNSUPPORTED_ZONES)} never fit)"
            )
        else:
            yield ok("availability zones", f"{', '.join(zones.usable[:ZONES])}{without}")

    def instance_types(self) -> Iterator[CheckResult]:
        """Check that the zones offer the instance types, and that they have one architecture."""
        wanted = self._cluster.instance_types
        known = self._capacity.instance_types(wanted)
        missing = sorted(set(wanted) - {each.name for each in known})
        if missing:
            text = f"{', '.join(missing)} is not offered in this region"
            yield fail("instance types", text, "correct [cluster] instance_types")
        if known:
            yield from self._availability(known)
            yield _architecture(known)

    def _availability(self, known: tuple[InstanceType, ...]) -> Iterator[CheckResult]:
        zones = self._capacity.zones().usable[:ZONES]
        offered = {zone for each in known for zone in each.zones} & set(zones)
        names, without = ", ".join(each.name for each in known), sorted(set(zones) - offered)
        other = "choose other [cluster] instance_types"
        if not offered:
            yield fail("instance types", f"{names}: not offered in {', '.join(zones)}", other)
        elif without:
            yield warn("instance types", f"{names}: not offered in {', '.join(without)}", other)
        else:
            yield ok("instance types", f"{names}, offered in {', '.join(zones)}")

    def version(self) -> Iterator[CheckResult]:
        """Check how long EKS supports the Kubernetes version; if EKS does not say, by versions.toml."""
        version = self._cluster.version
        try:
            until = self._eks.standard_support(version)
        except LookupError:
            yield fail("EKS version", f"EKS has no Kubernetes {version}", _newer_version())
            return
        pin = versions.pin("eks")
        until = until or (pin.until if pin.version == version else None)
        if until is None:
            yield warn(
                "EKS version", f"{version}: nobody told the end of its standard support", _newer_version()
            )
            return
        yield _support_result(version, (until - datetime.now(UTC).date()).days, f"{until}")


def _support_result(version: str, left: int, until: str) -> CheckResult:
    if left < 0:
        text = f"{version} left standard support {-left} days ago; extended support is never entered"
        return fail("EKS version", text, _newer_version())
    text = f"{version}, {left} days of standard support left (until {until})"
    return ok("EKS version", text) if left >= WARN_DAYS else warn("EKS version", text, _newer_version())


def _newer_version() -> str:
    return f'[cluster] version = "{versions.pin("eks").version}"'


def _architecture(known: tuple[InstanceType, ...]) -> CheckResult:
    by_name = {each.name: "arm64" if "arm64" in each.architectures else "amd64" for each in known}
    found = sorted({normalize(one) for one in by_name.values()})
    if len(found) == 1:
        return ok("architecture", f"nodes and image are {found[0]}")
    text = ", ".join(f"{name} is {one}" for name, one in by_name.items())
    return fail("architecture", f"{text}: one image cannot run on both", "name types of one architecture")
