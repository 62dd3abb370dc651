"""Which questions are asked, of whom, in parallel, and in which order they are told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from epochctl.aws.capacity import Capacity
from epochctl.aws.eks import Eks
from epochctl.aws.quotas import Quotas
from epochctl.aws.route53 import Route53
from epochctl.aws.session import Aws
from epochctl.config.settings import Settings
from epochctl.errors import EpochctlError, Interrupted
from epochctl.net.dns import DnsClient as Resolver
from epochctl.preflight.account import AccountChecks
from epochctl.preflight.check_result import CheckResult, warn
from epochctl.preflight.domain import DomainChecks
from epochctl.preflight.limits import QuotaChecks
from epochctl.preflight.local import LocalMachine
from epochctl.preflight.names import NameChecks
from epochctl.preflight.region_support import RegionSupport
from epochctl.workflow.parallel import ParallelCalls, ResultTimeout

SECONDS = 13.0  # for all of it; `doctor` promises 15
PATIENCE = 45.0  # before `up`: one that begins with questions open may end after a quarter of an hour

Question = Callable[[], Iterable[CheckResult]]
Questions = dict[str, Question]


class ParallelChecks:
    """Questions asked in parallel. seconds: for all of them; one that hangs becomes a warning."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._calls = seconds, ParallelCalls[tuple[CheckResult, ...]](seconds)

    def ask(self, name: str, question: Question) -> None:
        """Begin to ask."""
        self._calls.start(name, lambda: _asked(name, question))

    def ask_all(self, questions: Mapping[str, Question]) -> None:
        """Begin to ask each."""
        for name, question in questions.items():
            self.ask(name, question)

    def answer(self, name: str) -> tuple[CheckResult, ...] | None:
        """The facts of one question, waited for; None by the deadline. Raises Interrupted where the run was
        stopped meanwhile."""
        try:
            return self._calls.result(name)
        except ResultTimeout:
            return None

    def answers(self) -> tuple[CheckResult, ...]:
        """Every fact there is by the deadline, in the order of asking. Raises Interrupted, as `answer`."""
        facts: list[CheckResult] = []
        for name in self._calls.names:
            silent = warn(name, f"no answer within {self._seconds:.0f} s", "try again; check the network")
            answer = self.answer(name)
            facts += (silent,) if answer is None else answer
        return tuple(facts)


def _asked(name: str, question: Question) -> tuple[CheckResult, ...]:
    try:
        return tuple(question())
    except Interrupted:
        raise
    except EpochctlError as error:  # no permission to look, or AWS is not well: that alone stops nothing
        words = error.why.partition("\n")[0] or error.what
        return (warn(name, f"could not be told: {words}", error.fix),)
    except Exception as error:  # a mistake of ours in one question must not hide the others' answers
        return (warn(name, f"could not be told: {type(error).__name__}: {error}"),)


class Checks:
    """Of one (name, environment, region)."""

    def __init__(self, settings: Settings, region: str, aws: Aws) -> None:
        eks, capacity = Eks(aws), Capacity(aws, settings.full_name, settings.tags)
        self._local = LocalMachine(settings, region)
        self._account = AccountChecks(settings, aws, eks)
        self._limits = QuotaChecks(settings, Quotas(aws), capacity)
        self._places = RegionSupport(settings, capacity, eks)
        self._names = NameChecks(settings, aws, eks)
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
            stands = any(fact.state == "ok" for fact in asking.answer("environment") or ())
            asking.ask_all(self._changeable() if stands else self._region())
        return asking.answers()

    def _begin(self, machine: Questions, seconds: float) -> ParallelChecks:
        asking = ParallelChecks(seconds)
        asking.ask("identity", self._account.identity)
        asking.ask_all(machine)
        return asking

    def _known(self, asking: ParallelChecks) -> bool:
        """AWS is asked only as somebody: without an identity every other answer would be the same."""
        return all(fact.state == "ok" for fact in asking.answer("identity") or ())

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
