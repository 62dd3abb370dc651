"""Which questions are asked, of whom, and in which order they are told. Asks nothing itself."""

from __future__ import annotations

from epochctl.aws.capacity import Capacity
from epochctl.aws.eks import ClusterAccess, Eks
from epochctl.aws.quotas import Quotas
from epochctl.aws.route53 import Route53
from epochctl.aws.session import Aws
from epochctl.config.settings import Settings
from epochctl.kube import Kube
from epochctl.net.dns import DnsClient as Resolver
from epochctl.preflight.account import AccountChecks
from epochctl.preflight.check_result import CheckResult
from epochctl.preflight.domain import DomainChecks
from epochctl.preflight.limits import QuotaChecks
from epochctl.preflight.local import LocalMachine
from epochctl.preflight.names import NameChecks
from epochctl.preflight.parallel_checks import ParallelChecks, Question
from epochctl.preflight.region_support import RegionSupport

SECONDS = 13.0  # for all of it; `doctor` promises 15
PATIENCE = 45.0  # before `up`: one that begins with questions open may end after a quarter of an hour

Questions = dict[str, Question]


class Checks:
    """Of one (name, environment, region)."""

    def __init__(self, settings: Settings, region: str, aws: Aws) -> None:
        eks, capacity = Eks(aws), Capacity(aws, settings.full_name, settings.tags)

        def connect(access: ClusterAccess) -> Kube:
            return Kube(access, lambda: eks.token(access.name).value.get_secret_value())

        self._local = LocalMachine(settings, region)
        self._account = AccountChecks(settings, aws, eks)
        self._limits = QuotaChecks(settings, Quotas(aws), capacity)
        self._places = RegionSupport(settings, capacity, eks)
        self._names = NameChecks(settings, aws, eks, connect)
        self._domain = DomainChecks(settings, Route53(aws), Resolver())

    def everything(self) -> tuple[CheckResult, ...]:
        """All there is to know, for `doctor`."""
        machine = {"kubectl": self._local.kubectl, "own files": self._local.own_files}
        account = {
            "credentials": self._account.credentials,
            "cluster access": self._account.access,
            "log group": self._names.log_group,
            "namespace": self._names.namespace,
        }
        asking = self._begin({**self._machine(), **machine}, SECONDS)
        if self._known(asking):
            asking.ask_all({**account, **self._region()})
        return asking.answers()

    def essential(self) -> tuple[CheckResult, ...]:
        """What can stop `up`, for its first second; of what stands, only what settings may still change."""
        asking = self._begin(self._machine(), PATIENCE)
        if self._known(asking):
            asking.ask("environment", self._account.standing)
            stands = any(fact.state == "ok" for fact in asking.answer("environment"))
            asking.ask_all(self._changeable() if stands else self._region())
        return asking.answers()

    def _begin(self, machine: Questions, seconds: float) -> ParallelChecks:
        asking = ParallelChecks(seconds)
        asking.ask("identity", self._account.identity)
        asking.ask_all(machine)
        return asking

    def _known(self, asking: ParallelChecks) -> bool:
        """AWS is asked only as somebody: without an identity every other answer would be the same."""
        return all(fact.state == "ok" for fact in asking.answer("identity"))

    def _machine(self) -> Questions:
        local = self._local
        return {
            "terraform": local.terraform,
            "helm": local.helm,
            "eksctl": local.eksctl,
            "image": local.image,
            "disk": local.disk,
        }

    def _region(self) -> Questions:
        return {
            "zones": self._places.zones,
            "EKS version": self._places.version,
            "quota VPCs": self._limits.vpcs,
            "quota clusters": self._limits.clusters,
            "names": self._names.taken,
            "zone": self._domain.zone,
            **self._changeable(),
        }

    def _changeable(self) -> Questions:
        """Other nodes, more of them, more NAT gateways: asked for even where everything stands."""
        return {
            "instance types": self._places.instance_types,
            "quota addresses": self._limits.addresses,
            "quota NAT gateways": self._limits.nat_gateways,
            "quota vCPUs": self._limits.vcpus,
        }
