"""Checks of the AWS identity and of the cluster that it reaches."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from epochctl.aws import credentials
from epochctl.aws.eks import AccessEntry, ClusterAccess, Eks
from epochctl.aws.session import Aws
from epochctl.config.settings import Settings
from epochctl.errors import EpochctlError
from epochctl.kube.access import connect
from epochctl.preflight.check_result import OTHER_NAME, CheckResult, fail, from_error, ok, warn
from epochctl.workflow.budget import Remaining

ENOUGH_SECONDS = 45 * 60  # an `up` from nothing takes 20 to 25 minutes on AWS


class AccountChecks:
    """Checks of the caller in one region. time_left: reads how long the credentials last."""

    def __init__(
        self,
        settings: Settings,
        aws: Aws,
        eks: Eks,
        time_left: Callable[[Aws], Remaining | None] = credentials.time_left,
    ) -> None:
        self._settings, self._aws, self._eks, self._time_left = settings, aws, eks, time_left

    def identity(self) -> Iterator[CheckResult]:
        """Check that AWS accepts the credentials."""
        try:
            arn = self._aws.caller_arn()
        except EpochctlError as error:
            yield from_error("identity", error)
            return
        yield ok("identity", f"{arn} in {self._aws.region}")

    def credentials(self) -> Iterator[CheckResult]:
        """Check that the credentials last long enough for an `up` from nothing."""
        left = self._time_left(self._aws)
        if left is None:
            yield ok("credentials", "without an end that anybody knows")
            return
        text = f"{int(left.seconds) // 60} min left, until {left.until:%H:%M} UTC"
        if left.renewed:
            yield ok("credentials", f"{text}; then renewed by their source ({left.source})")
        elif left.seconds >= ENOUGH_SECONDS:
            yield ok("credentials", text)
        else:
            yield warn("credentials", f"{text}; `up` from nothing takes 25 min", "sign in again first")

    def environment(self) -> Iterator[CheckResult]:
        """Report the environment if its cluster exists and is active; else nothing."""
        cluster = self._cluster()
        if cluster is not None and cluster.status == "ACTIVE":
            yield ok("environment", f"{cluster.name} stands")

    def cluster_access(self) -> Iterator[CheckResult]:
        """Check that an access entry of the cluster is for the caller."""
        cluster = self._cluster()
        if cluster is None:
            yield ok("cluster access", "no cluster of ours yet: whoever runs `up` becomes its administrator")
            return
        arn = self._aws.caller_arn()
        entry = next((each for each in self._eks.access_entries(cluster.name) if each.matches(arn)), None)
        yield _no_entry(cluster, arn) if entry is None else _entry_result(entry)

    def namespace(self) -> Iterator[CheckResult]:
        """Check that the release's namespace is free, or was created by epochctl."""
        cluster, name = self._cluster(), self._settings.full_name
        if cluster is None or cluster.status != "ACTIVE":
            yield ok("namespace", "no cluster yet")
            return
        kube = connect(self._eks, cluster)
        if kube.namespace(name) is None or kube.is_managed(name):
            yield ok("namespace", f"{name} is free, or ours")
        else:
            yield warn("namespace", f"{name} was not made by epochctl: `down` will keep it", OTHER_NAME)

    def _cluster(self) -> ClusterAccess | None:
        """Return the environment's cluster, or None if none of that name has its tags."""
        cluster = self._eks.describe(self._settings.full_name)
        is_managed = cluster is not None and self._settings.tags.items() <= dict(cluster.tags).items()
        return cluster if is_managed else None


def _entry_result(entry: AccessEntry) -> CheckResult:
    rights = ", ".join((*entry.policies, *(f"group {group}" for group in entry.groups)))
    if not rights:
        text = f"{entry.principal} has an access entry, without any policy or group"
        return fail("cluster access", text, "aws eks associate-access-policy")
    return ok("cluster access", f"you are {entry.principal}: {rights}")


def _no_entry(cluster: ClusterAccess, arn: str) -> CheckResult:
    return fail(
        "cluster access",
        f"no access entry of {cluster.name} is for {arn}: the cluster will answer Unauthorized",
        "use the identity that made it, or have it add an access entry (aws eks create-access-entry)",
    )
