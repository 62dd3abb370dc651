"""Which checks `doctor` and `up` run, and in which order they report. The checks run in parallel."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from epochctl.aws.capacity import Capacity
from epochctl.aws.eks import Eks
from epochctl.aws.quotas import Quotas
from epochctl.aws.route53 import Route53
from epochctl.aws.session import Aws
from epochctl.config.settings import Settings
from epochctl.errors import EpochctlError, Interrupted
from epochctl.net.dns import DnsClient
from epochctl.preflight.account import AccountChecks
from epochctl.preflight.check_result import CheckResult, warn
from epochctl.preflight.hosted_zone import HostedZoneChecks
from epochctl.preflight.local import LocalChecks
from epochctl.preflight.names import NameChecks
from epochctl.preflight.quotas import QuotaChecks
from epochctl.preflight.region_support import RegionChecks
from epochctl.workflow.parallel import ParallelCalls, ResultTimeout

DOCTOR_TIMEOUT = 13.0  # seconds for all checks; `doctor` promises 15
UP_TIMEOUT = 45.0  # seconds: worth waiting for, an `up` that starts unchecked may fail after 15 minutes

Check = Callable[[], Iterable[CheckResult]]
NamedChecks = dict[str, Check]


class ParallelChecks:
    """Run checks in parallel. timeout: seconds for all of them; a check that hangs becomes a warning."""

    def __init__(self, timeout: float) -> None:
        self._timeout, self._calls = timeout, ParallelCalls[tuple[CheckResult, ...]](timeout)

    def start(self, checks: Mapping[str, Check]) -> None:
        """Start each of the checks."""
        for name, check in checks.items():
            self._calls.start(name, partial(_run, name, check))

    def result(self, name: str) -> tuple[CheckResult, ...] | None:
        """Wait for one check; None if it has not ended in time. Raises Interrupted if the run was stopped."""
        try:
            return self._calls.result(name)
        except ResultTimeout:
            return None

    def results(self) -> tuple[CheckResult, ...]:
        """Wait for all checks and return their results in the order of their start. Raises Interrupted."""
        found: list[CheckResult] = []
        for name in self._calls.names:
            timed_out = warn(name, f"no answer within {self._timeout:.0f} s", "try again; check the network")
            result = self.result(name)
            found += (timed_out,) if result is None else result
        return tuple(found)


def _run(name: str, check: Check) -> tuple[CheckResult, ...]:
    try:
        return tuple(check())
    except Interrupted:
        raise
    except EpochctlError as error:  # no permission to read, or AWS is down: that alone does not stop `up`
        reason = error.why.partition("\n")[0] or error.what
        return (warn(name, f"could not be told: {reason}", error.fix),)
    except Exception as error:  # a defect in one check must not hide the results of the others
        return (warn(name, f"could not be told: {type(error).__name__}: {error}"),)


class Checks:
    """The checks of one (name, environment, region)."""

    def __init__(
        self,
        settings: Settings,
        region: str,
        aws: Aws,
        *,
        local: LocalChecks | None = None,
        account: AccountChecks | None = None,
        quotas: QuotaChecks | None = None,
        support: RegionChecks | None = None,
        names: NameChecks | None = None,
        hosted_zone: HostedZoneChecks | None = None,
    ) -> None:
        eks, capacity = Eks(aws), Capacity(aws, settings.full_name, settings.tags)
        self._local = local or LocalChecks(settings, region)
        self._account = account or AccountChecks(settings, aws, eks)
        self._quotas = quotas or QuotaChecks(settings, Quotas(aws), capacity)
        self._support = support or RegionChecks(settings, capacity, eks)
        self._names = names or NameChecks(settings, aws)
        self._hosted_zone = hosted_zone or HostedZoneChecks(settings, Route53(aws), DnsClient())

    def run_all(self) -> tuple[CheckResult, ...]:
        """Return the results of all checks, for `doctor`."""
        checks = ParallelChecks(DOCTOR_TIMEOUT)
        checks.start({"identity": self._account.identity, **self._machine()})
        checks.start({"kubectl": self._local.kubectl, "own files": self._local.ejected_files})
        if _has_identity(checks):
            account = {
                "credentials": self._account.credentials,
                "cluster access": self._account.cluster_access,
                "log group": self._names.log_group,
                "namespace": self._account.namespace,
            }
            checks.start({**account, **self._region()})
        return checks.results()

    def run_required(self) -> tuple[CheckResult, ...]:
        """Return the results of the checks that can stop `up`.

        If the environment is up already, only what a change of the settings can break is checked.
        """
        checks = ParallelChecks(UP_TIMEOUT)
        checks.start({"identity": self._account.identity, **self._machine()})
        if _has_identity(checks):
            checks.start({"environment": self._account.environment})
            is_up = any(result.state == "ok" for result in checks.result("environment") or ())
            checks.start(self._changeable() if is_up else self._region())
        return checks.results()

    def _machine(self) -> NamedChecks:
        local = self._local
        return {
            "terraform": local.terraform,
            "helm": local.helm,
            "eksctl": local.eksctl,
            "image": local.image,
            "disk": local.disk,
        }

    def _region(self) -> NamedChecks:
        return {
            "zones": self._support.zones,
            "EKS version": self._support.version,
            "quota VPCs": self._quotas.vpcs,
            "quota clusters": self._quotas.clusters,
            "names": self._names.conflicts,
            "zone": self._hosted_zone.delegation,
            **self._changeable(),
        }

    def _changeable(self) -> NamedChecks:
        """What settings may change later: other nodes, more nodes, more NAT gateways."""
        return {
            "instance types": self._support.instance_types,
            "quota addresses": self._quotas.addresses,
            "quota NAT gateways": self._quotas.nat_gateways,
            "quota vCPUs": self._quotas.vcpus,
        }


def _has_identity(checks: ParallelChecks) -> bool:
    """Without an identity every check of AWS would report the same error."""
    return all(result.state == "ok" for result in checks.result("identity") or ())
