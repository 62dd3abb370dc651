"""Health checks of Route 53, one a region: what it asks of the region's load balancer, and from the outside.

Ours by the caller reference, which is written with the check itself, and not contradicted by its tags, which
come a call later.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from epochctl.aws.session import Aws
from epochctl.aws.tags import tag_dict, tag_list
from epochctl.config.settings import REGION_TAG

PORT = 443
INTERVAL = 10  # seconds between the questions of one checker: the shorter of the two that there are
FAILURES = 3  # in a row, until the checkers think otherwise
KIND = "healthcheck"
BATCH = 10  # ids that Route 53 takes in one question about tags
ABSENT = ("NoSuchHealthCheck",)
HEALTHY_SHARE = 0.18  # of the checkers: with more than that Route 53 considers an endpoint healthy


@dataclass(frozen=True)
class HealthCheck:
    """The health check of one region. target: the host name that it requests.

    is_drained: set to unhealthy, whatever the region answers; is_held: to healthy, while the path changes.
    is_tagged: whether its tags are complete.
    """

    id: str
    region: str
    target: str
    path: str
    is_drained: bool = False
    is_held: bool = False
    version: int = 1
    is_tagged: bool = True


@dataclass(frozen=True)
class Observation:
    """The last result of one checker. checker: its location; status: its own text."""

    checker: str
    healthy: bool
    status: str


def is_healthy(seen: Sequence[Observation]) -> bool | None:
    """Return whether Route 53 considers the endpoint healthy; None where no checker has a result yet."""
    return sum(one.healthy for one in seen) > HEALTHY_SHARE * len(seen) if seen else None


class HealthChecks:
    """Those of one (name, environment). name: its full name; tags: what marks its objects."""

    def __init__(self, aws: Aws, name: str, tags: Mapping[str, str]) -> None:
        self._aws, self._name, self._own = aws, name, dict(tags)

    def all(self) -> tuple[HealthCheck, ...]:
        """Return the checks of every region; of two of one region the older id comes first."""
        listed = self._aws.items("route53", "list_health_checks", "HealthChecks")
        listed = [item for item in listed if self._region(item)]
        tags = self._tags([item["Id"] for item in listed])
        found = (self._read(item, tags.get(item["Id"], {})) for item in listed)
        return tuple(sorted((one for one in found if one), key=lambda one: (one.region, one.id)))

    def find(self, region: str) -> HealthCheck | None:
        """Return the check of one region, or None."""
        return next((check for check in self.all() if check.region == region), None)

    def ensure(self, region: str, target: str, path: str) -> HealthCheck:
        """Create the check, or correct it, and return it. A drained region stays drained."""
        found = self.find(region) or self._create(region, target, path)
        if (found.target, found.path) != (target, path):
            self._update(found, FullyQualifiedDomainName=target, ResourcePath=path)
        if found.is_held:
            self.undrain(found)
        if not found.is_tagged:
            self._tag(found)
        return HealthCheck(found.id, region, target, path, found.is_drained)

    def disable(self, check: HealthCheck) -> None:
        """Set it to healthy until its path is set: Route 53 counts a disabled check as healthy."""
        self._update(check, Disabled=True, Inverted=False)

    def set_path(self, check: HealthCheck, path: str) -> None:
        """Set the path, and enable a check that was held. A drained region stays drained."""
        awake = {"Disabled": False} if check.is_held else {}
        self._update(check, ResourcePath=path, **awake)

    def drain(self, check: HealthCheck) -> None:
        """Set it to unhealthy: a disabled check counts as healthy, and is inverted after that."""
        self._update(check, Disabled=True, Inverted=True)

    def undrain(self, check: HealthCheck) -> None:
        """Let the region's answers decide again."""
        self._update(check, Disabled=False, Inverted=False)

    def remove(self, region: str) -> tuple[str, ...]:
        """Delete the checks of a region, after its record: a record without a check is always healthy."""
        deleted = [check for check in self.all() if check.region == region]
        for check in deleted:
            self._aws.find("route53", "delete_health_check", absent=ABSENT, HealthCheckId=check.id)
        return tuple(f"health check {check.id} ({region})" for check in deleted)

    def observations(self, check: HealthCheck) -> tuple[Observation, ...]:
        """Return the last result of each checker; () where the check is gone or too new."""
        answer = self._aws.find("route53", "get_health_check_status", absent=ABSENT, HealthCheckId=check.id)
        observations = answer["HealthCheckObservations"] if answer else ()
        seen = ((item["Region"], item["StatusReport"]["Status"]) for item in observations)
        return tuple(Observation(checker, text.startswith("Success"), text) for checker, text in seen)

    def _region(self, item: Mapping[str, Any]) -> str:
        """By the caller reference; "" for somebody else's."""
        parts = str(item["CallerReference"]).split(" ")
        return parts[1] if len(parts) == 3 and parts[0] == self._name else ""

    def _read(self, item: Mapping[str, Any], tags: Mapping[str, str]) -> HealthCheck | None:
        if any(tags.get(key, value) != value for key, value in self._own.items()):
            return None
        config, region = item["HealthCheckConfig"], self._region(item)
        return HealthCheck(
            id=item["Id"],
            region=region,
            target=config.get("FullyQualifiedDomainName", ""),
            path=config.get("ResourcePath", ""),
            is_drained=bool(config.get("Disabled") and config.get("Inverted")),
            is_held=bool(config.get("Disabled") and not config.get("Inverted")),
            version=int(item.get("HealthCheckVersion", 1)),
            is_tagged=self._marks(region).items() <= tags.items(),
        )

    def _create(self, region: str, target: str, path: str) -> HealthCheck:
        """The moment is part of the reference: one that was used and deleted is refused for days."""
        config = {
            "Type": "HTTPS",
            "FullyQualifiedDomainName": target,
            "Port": PORT,
            "ResourcePath": path,
            "RequestInterval": INTERVAL,
            "FailureThreshold": FAILURES,
            "EnableSNI": True,
        }
        reference = f"{self._name} {region} {int(time.time()):x}"
        created = self._aws.request(
            "route53", "create_health_check", CallerReference=reference, HealthCheckConfig=config
        )
        return HealthCheck(created["HealthCheck"]["Id"], region, target, path, is_tagged=False)

    def _update(self, check: HealthCheck, **config: Any) -> None:
        self._aws.request("route53", "update_health_check", HealthCheckId=check.id, **config)

    def _tag(self, check: HealthCheck) -> None:
        tags, operation = tag_list(self._marks(check.region)), "change_tags_for_resource"
        self._aws.request("route53", operation, ResourceType=KIND, ResourceId=check.id, AddTags=tags)

    def _marks(self, region: str) -> dict[str, str]:
        return {"Name": f"{self._name}-{region}", **self._own, REGION_TAG: region}

    def _tags(self, ids: list[str]) -> dict[str, dict[str, str]]:
        """By id. One that has vanished fails the whole question: then each is asked by itself."""
        found: dict[str, dict[str, str]] = {}
        for start in range(0, len(ids), BATCH):
            found |= self._tags_of(ids[start : start + BATCH])
        return found

    def _tags_of(self, ids: list[str]) -> dict[str, dict[str, str]]:
        request = {"ResourceType": KIND, "ResourceIds": ids}
        answer = self._aws.find("route53", "list_tags_for_resources", absent=ABSENT, **request)
        if answer is not None:
            return {one["ResourceId"]: tag_dict(one["Tags"]) for one in answer["ResourceTagSets"]}
        if len(ids) == 1:
            return {}
        return {key: tags for id in ids for key, tags in self._tags_of([id]).items()}
