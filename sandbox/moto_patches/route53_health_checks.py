"""Route 53 health checks: idempotent by caller reference, versioned, with real observations.

moto invents the observations.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.route53 import models, responses
from moto.route53.exceptions import Route53ClientError

from sandbox.moto_patches.backends import backend

PROBED = ("HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH", "TCP")


@dataclass(frozen=True)
class Observation:
    """The last result of one checker: its region and address, the status text, and the time (UTC)."""

    region: str
    address: str
    status: str
    at: datetime


Observed = Callable[[str], list[Observation]]


def all_checks() -> list[Any]:
    """moto's health checks."""
    return list(backend("route53", "").health_checks.values())


def install(observed: Observed) -> None:
    """observed(id) gives the last observation of each checker."""
    _patch_creation()
    _patch_update()
    _patch_status(observed)


def _patch_creation() -> None:
    create = models.Route53Backend.create_health_check

    def create_health_check(self: Any, caller_reference: str, health_check_args: dict[str, Any]) -> Any:
        known = vars(self).setdefault("sandbox_references", {})
        earlier, arguments = known.get(caller_reference, (None, None))
        if earlier is None:
            https = str(health_check_args["type"]).startswith("HTTPS")
            port = health_check_args.get("port") or (443 if https else 80)
            made = create(self, caller_reference, {**health_check_args, "port": port})
            known[caller_reference] = made, copy.deepcopy(health_check_args)
            return made
        if earlier.id in self.health_checks and arguments == health_check_args:
            return earlier
        message = f"The health check with caller reference {caller_reference} already exists."
        raise _refused("HealthCheckAlreadyExists", message)

    models.Route53Backend.create_health_check = create_health_check


def _patch_update() -> None:
    update = responses.Route53.update_health_check

    def update_health_check(self: Any) -> Any:
        check = self.backend.get_health_check(self._get_param("HealthCheckId"))
        version = self._get_param("HealthCheckVersion")
        if version is not None and int(version) != check.health_check_version:
            message = f"The version is {check.health_check_version}, not {version}."
            raise _refused("HealthCheckVersionMismatch", message)
        regions = check.regions
        result = update(self)
        check.regions = check.regions or regions  # what a request leaves out stays as it is
        check.health_check_version += 1
        return result

    responses.Route53.update_health_check = update_health_check


def _patch_status(observed: Observed) -> None:
    def get_health_check_status(self: Any) -> Any:
        check = self.backend.get_health_check(self._get_param("HealthCheckId"))
        observations = [
            {
                "Region": each.region,
                "IPAddress": each.address,
                "StatusReport": {"Status": each.status, "CheckedTime": each.at},
            }
            for each in observed(check.id)
        ]
        return ActionResult({"HealthCheckObservations": observations})

    responses.Route53.get_health_check_status = get_health_check_status


def _refused(code: str, message: str) -> Exception:
    made: Exception = Route53ClientError(code, message)
    return made
