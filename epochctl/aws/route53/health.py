"""Health checks of Route 53, one a region: what it asks of the region's load balancer, and from the outside.

Ours by the caller reference, which is written with the check itself, and not contradicted by its tags, which
come a call later. Knows nothing of records.
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
ENOUGH = 0.18  # of the checkers: with more than that Route 53 takes an endpoint for healthy


@dataclass(frozen=True)
class HealthCheck:
    """One region's. target: whom it asks. drained: unhealthy by our will, whatever the region does.

    kept: healthy whatever the region does, while its path changes. tagged: whether its tags are as they
    should be.
    """

    id: str
    region: str
    target: str
    path: str
    drained: bool = False
    kept: bool = False
    version: int = 1
    tagged: bool = True


@dataclass(frozen=True)
class Observation:
    """What one of Route 53's checkers saw. checker: where it stands; words: its own."""

    checker: str
    healthy: bool
    words: str


def verdict(seen: Sequence[Observation]) -> bool | None:
    """Whether Route 53 takes it for healthy; None where no checker has looked yet."""
    return sum(one.healthy for one in seen) > ENOUGH * len(seen) if seen else None


class HealthChecks:
    """Those of one (name, environment). name: its full name; tags: what marks its objects."""

    def __init__(self, aws: Aws, name: str, tags: Mapping[str, str]) -> None:
        self._aws, self._name, self._own = aws, name, dict(tags)

    def all(self) -> tuple[HealthCheck, ...]:
        """Every region's; of two of one region the first one is first."""
        listed = self._aws.items("route53", "list_health_checks", "HealthChecks")
        listed = [item for item in listed if self._region(item)]
        tags = self._tags([item["Id"] for item in listed])
        found = (self._read(item, tags.get(item["Id"], {})) for item in listed)
        return tuple(sorted((one for one in found if one), key=lambda one: (one.region, one.id)))

    def find(self, region: str) -> HealthCheck | None:
        """That of one region."""
        return next((check for check in self.all() if check.region == region), None)

    def ensure(self, region: str, target: str, path: str) -> HealthCheck:
        """Make it, or put it right. A region that is drained stays so."""
        found = self.find(region) or self._create(region, target, path)
        if (found.target, found.path) != (target, path):
            self._update(found, FullyQualifiedDomainName=target, ResourcePath=path)
        if found.kept:
            self.undrain(found)
        if not found.tagged:
            self._tag(found)
        return HealthCheck(found.id, region, target, path, found.drained)

    def keep(self, check: HealthCheck) -> None:
        """Healthy until it asks again: disabled alone means healthy for ever, so says Route 53."""
        self._update(check, Disabled=True, Inverted=False)

    def ask(self, check: HealthCheck, path: str) -> None:
        """For that path, and again where it was kept. A region that is drained stays so."""
        awake = {"Disabled": False} if check.kept else {}
        self._update(check, ResourcePath=path, **awake)

    def drain(self, check: HealthCheck) -> None:
        """Unhealthy until undrained: a disabled check is healthy, and inverting comes after that."""
        self._update(check, Disabled=True, Inverted=True)

    def undrain(self, check: HealthCheck) -> None:
        """As healthy as the region is."""
        self._update(check, Disabled=False, Inverted=False)

    def remove(self, region: str) -> tuple[str, ...]:
        """After its record: a record without its check is one that is always healthy."""
        gone = [check for check in self.all() if check.region == region]
        for check in gone:
            self._aws.find("route53", "delete_health_check", absent=ABSENT, HealthCheckId=check.id)
        return tuple(f"health check {check.id} ({region})" for check in gone)

    def observations(self, check: HealthCheck) -> tuple[Observation, ...]:
        """What each checker saw last; () for one that is gone, or has not been asked yet."""
        answer = self._aws.find("route53", "get_health_check_status", absent=ABSENT, HealthCheckId=check.id)
        observations = answer["HealthCheckObservations"] if answer else ()
        seen = ((item["Region"], item["StatusReport"]["Status"]) for item in observations)
        return tuple(Observation(where, words.startswith("Success"), words) for where, words in seen)

    def _region(self, item: Mapping[str, Any]) -> str:
        """By the caller reference; "" for somebody else's."""
        words = str(item["CallerReference"]).split(" ")
        return words[1] if len(words) == 3 and words[0] == self._name else ""

    def _read(self, item: Mapping[str, Any], tags: Mapping[str, str]) -> HealthCheck | None:
        if any(tags.get(key, value) != value for key, value in self._own.items()):
            return None
        config, region = item["HealthCheckConfig"], self._region(item)
        return HealthCheck(
            id=item["Id"],
            region=region,
            target=config.get("FullyQualifiedDomainName", ""),
            path=config.get("ResourcePath", ""),
            drained=bool(config.get("Disabled") and config.get("Inverted")),
            kept=bool(config.get("Disabled") and not config.get("Inverted")),
            version=int(item.get("HealthCheckVersion", 1)),
            tagged=self._marks(region).items() <= tags.items(),
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
        return HealthCheck(created["HealthCheck"]["Id"], region, target, path, tagged=False)

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
