"""What operations are made of, without AWS: clients of a region, steps, checks, and a prompt with answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

from shared_lock import SharedLock

from epochctl.cli.options import Injected
from epochctl.errors import NotFoundError
from epochctl.operations.dependencies import Clients, Dependencies
from epochctl.preflight import CheckResult
from epochctl.steps.catalog import Steps
from epochctl.workflow.budget import Remaining
from epochctl.workflow.waiting import SystemClock

ACCOUNT = "123456789012"


@dataclass
class FakeClients:
    """The clients of one region, with what AWS would answer."""

    region: str = "us-west-2"
    lock: Any = field(default_factory=SharedLock)
    remaining: Remaining | None = None
    left: tuple[Any, ...] = ()  # what the audit of `down` finds
    expires: datetime | None = None
    cluster: Any = None
    targets: tuple[Any, ...] = ()
    certificate: Any = None
    zone: Any = None
    error: Exception | None = None  # of the account's identity
    aws: Any = None

    def account_id(self) -> str:
        if self.error:
            raise self.error
        return ACCOUNT

    def lock_object(self, settings: object) -> Any:
        return self.lock

    def kube(self, name: str) -> Any:
        if self.cluster is None:
            raise NotFoundError(f"there is no cluster {name} in {self.region}", fix="epochctl up")
        return self.cluster

    def expiry(self, tags: object) -> datetime | None:
        return self.expires

    def credentials_left(self) -> Remaining | None:
        return self.remaining

    credentials_renewed = credentials_left

    def credentials_expiry_is_unknown(self) -> bool:
        return False

    @property
    def eks(self) -> Any:
        return SimpleNamespace(describe=lambda name: None)

    @property
    def acm(self) -> Any:
        return SimpleNamespace(describe=lambda arn: self.certificate)

    @property
    def route53(self) -> Any:
        return SimpleNamespace(zone_for=lambda name: self.zone)

    @property
    def elbv2(self) -> Any:
        groups = (SimpleNamespace(arn="arn"),) if self.targets else ()
        return SimpleNamespace(target_groups=lambda name: groups, target_health=lambda arn: self.targets)

    @property
    def network(self) -> Any:
        return SimpleNamespace(find=lambda tags: ())

    @property
    def state_bucket(self) -> Any:
        return SimpleNamespace(
            name=lambda account: f"epochctl-state-{account}-{self.region}", exists=lambda account: True
        )

    @property
    def teardown_scan(self) -> Any:
        return SimpleNamespace(find=lambda *_: self.left)


class FakeSteps:
    """Only the given steps run; the others answer what commands ask them."""

    def __init__(self, **given: Any) -> None:
        self._given = given
        there = SimpleNamespace(name="infra-up", cached_output=lambda ctx: object())
        self.infra_up: Any = given.get("infra_up", there)
        if not hasattr(self.infra_up, "refuse_foreign"):
            self.infra_up.refuse_foreign = lambda ctx: None
        self.dns: Any = given.get("dns", SimpleNamespace(name="dns", shares=lambda: ()))

    def __getattr__(self, name: str) -> Any:
        return self._given.get(name) or SimpleNamespace(name=name.replace("_", "-"))

    def __iter__(self) -> Iterator[Any]:
        return iter([self._given[each.name] for each in fields(Steps) if each.name in self._given])


@dataclass
class ScriptedPrompt:
    """A terminal whose answers are known. before: called with each question, before it is answered."""

    answers: list[bool] = field(default_factory=list)
    before: Callable[[str], None] = lambda question: None
    shown: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    is_interactive: bool = True

    def show(self, text: str) -> None:
        self.shown.append(text)

    def confirm(self, question: str) -> bool:
        self.asked.append(question)
        self.before(question)
        return self.answers.pop(0)


def injected(
    steps: Callable[[str], Any] | Any,
    *,
    clients: Callable[[str], Any] = FakeClients,
    checks: Callable[[str], tuple[CheckResult, ...]] = lambda region: (),
    prompt: Any = None,
    **more: Any,
) -> Injected:
    """What `run` is given. steps: of every region, or a function of the region's name."""

    def make(settings: object, region: str, *_: object) -> Steps:
        return cast(Steps, steps(region) if callable(steps) else steps)

    def preflight(settings: object, region: str, aws: object) -> Any:
        return SimpleNamespace(run_required=lambda: checks(region), run_all=lambda: checks(region))

    more = {"clock": SystemClock, "stop": threading.Event(), **more}
    dependencies = Dependencies(
        clients=cast("Callable[[str], Clients]", clients), steps=make, preflight=preflight, **more
    )
    return Injected(dependencies, prompt)
