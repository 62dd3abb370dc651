"""Who is asking, for how long, and what that identity may do in the cluster."""

from __future__ import annotations

from collections.abc import Iterator

from epochctl.aws import credentials
from epochctl.aws.eks import AccessEntry, ClusterAccess, Eks
from epochctl.aws.session import Aws
from epochctl.config.settings import Settings
from epochctl.errors import EpochctlError
from epochctl.preflight.check_result import CheckResult, fail, failed, ok, warn

SHORT = 45 * 60  # seconds: an `up` from nothing takes 20 to 25 minutes on AWS


class AccountChecks:
    """The caller in one region."""

    def __init__(self, settings: Settings, aws: Aws, eks: Eks) -> None:
        self._settings, self._aws, self._eks = settings, aws, eks

    def identity(self) -> Iterator[CheckResult]:
        try:
            arn = self._aws.caller_arn()
        except EpochctlError as error:
            yield failed("identity", error)
            return
        yield ok("identity", f"{arn} in {self._aws.region}")

    def credentials(self) -> Iterator[CheckResult]:
        left = credentials.time_left(self._aws)
        if left is None:
            yield ok("credentials", "without an end that anybody knows")
            return
        words = f"{int(left.seconds) // 60} min left, until {left.until:%H:%M} UTC"
        if left.renewed:
            yield ok("credentials", f"{words}; then renewed by their source ({left.source})")
        elif left.seconds >= SHORT:
            yield ok("credentials", words)
        else:
            yield warn("credentials", f"{words}; `up` from nothing takes 25 min", "sign in again first")

    def standing(self) -> Iterator[CheckResult]:
        """Told only where the environment stands: its cluster is ours, and active."""
        cluster = self._cluster()
        if cluster is not None and cluster.status == "ACTIVE":
            yield ok("environment", f"{cluster.name} stands")

    def access(self) -> Iterator[CheckResult]:
        """Which access entry the caller maps to; before there is a cluster, which it will be."""
        cluster = self._cluster()
        if cluster is None:
            yield ok("cluster access", "no cluster of ours yet: whoever runs `up` becomes its administrator")
            return
        arn = self._aws.caller_arn()
        entry = next((each for each in self._eks.access_entries(cluster.name) if each.matches(arn)), None)
        yield _without(cluster, arn) if entry is None else _mapped(entry)

    def _cluster(self) -> ClusterAccess | None:
        """Ours; None where there is none."""
        cluster = self._eks.describe(self._settings.full_name)
        ours = cluster is not None and self._settings.tags.items() <= dict(cluster.tags).items()
        return cluster if ours else None


def _mapped(entry: AccessEntry) -> CheckResult:
    may = ", ".join((*entry.policies, *(f"group {group}" for group in entry.groups)))
    if not may:
        words = f"{entry.principal} has an access entry, without any policy or group"
        return fail("cluster access", words, "aws eks associate-access-policy")
    return ok("cluster access", f"you are {entry.principal}: {may}")


def _without(cluster: ClusterAccess, arn: str) -> CheckResult:
    return fail(
        "cluster access",
        f"no access entry of {cluster.name} is for {arn}: the cluster will answer Unauthorized",
        "use the identity that made it, or have it add an access entry (aws eks create-access-entry)",
    )
