"""`acm-cert` as a user meets it: one certificate, its record where a zone is ours, and why it is pending."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest
from clock import Clock

from epochctl.aws.acm import CertificateState
from epochctl.aws.route53 import PublishResult, Record, Zone
from epochctl.command import Command
from epochctl.config.settings import Settings
from epochctl.errors import CertificateError, DeadlineError, NotFoundError
from epochctl.net.dns import Authority, DnsAnswer
from epochctl.outputs import Certificate
from epochctl.steps.acm_cert import AcmCert
from epochctl.workflow.events import Event, StepProgress, StepWaiting
from epochctl.workflow.outputs import Outputs
from epochctl.workflow.step import Context

HOSTNAME, REGION = "epoch.example.com", "us-west-2"
ARN = f"arn:aws:acm:{REGION}:123456789012:certificate/1"
PROOF = Record(f"_proof.{HOSTNAME}", "CNAME", ("_x.acm-validations.aws",), ttl=300)
ZONE = Zone("Z1", "example.com")
PENDING = CertificateState(
    ARN, HOSTNAME, "PENDING_VALIDATION", (HOSTNAME,), PROOF.name, "CNAME", PROOF.values[0], is_owned=True
)
SEEN = DnsAnswer("found", PROOF.values)  # by the zone's own servers
ISSUED = replace(PENDING, status="ISSUED")


@dataclass
class World:
    """ACM, Route 53 and the DNS at once. issues: ACM issues a certificate once its record is there."""

    state: CertificateState | None = None
    zone: Zone | None = ZONE
    present: list[Record] = field(default_factory=list)
    marked_names: list[str] = field(default_factory=list)
    servers: tuple[str, ...] = ("ns-1.aws",)
    delegated: DnsAnswer = field(default_factory=lambda: DnsAnswer("found", ("ns-1.aws",)))
    elsewhere: DnsAnswer = field(default_factory=lambda: DnsAnswer("absent"))
    caa: str = ""
    issues: bool = True
    unnamed: int = 0  # how often ACM does not name the record yet
    busy: int = 0  # how often ACM says that the certificate is in use
    requested: int = 0
    replaced: str = ""
    deleted: list[str] = field(default_factory=list)

    # ACM
    def find(self, hostname: str, tags: Any) -> CertificateState | None:
        usable = self.state and self.state.status in ("ISSUED", "PENDING_VALIDATION")
        return self.describe(ARN) if usable else None

    def owned(self, tags: Any) -> tuple[CertificateState, ...]:
        return (self.state,) if self.state and self.state.is_owned else ()

    def describe(self, arn: str) -> CertificateState | None:
        if self.state and self.unnamed:
            self.unnamed -= 1
            return replace(self.state, record_name="", record_type="", record_value="")
        if self.state and self.state.status == "PENDING_VALIDATION" and self.issues and PROOF in self.present:
            self.state = replace(self.state, status="ISSUED")
        return self.state

    def request(self, hostname: str, tags: Any, instead_of: str = "") -> CertificateState:
        self.requested += 1
        self.replaced = instead_of
        self.state = PENDING
        return self.describe(ARN) or PENDING

    def delete(self, arn: str) -> bool:
        self.busy -= 1
        if self.busy >= 0:
            return False
        self.deleted.append(arn)
        self.state = None if self.state and self.state.arn == arn else self.state
        return True

    # Route 53
    def zone_for(self, hostname: str) -> Zone | None:
        return self.zone

    def records(self, zone: Zone, name: str) -> tuple[Record, ...]:
        return tuple(record for record in self.present if record.name == name)

    def publish(self, zone: Zone, record: Record, owner: str) -> PublishResult:
        if foreign := self.records(zone, record.name):
            return PublishResult(foreign=foreign)
        self.present.append(record)
        self.marked_names.append(record.name)
        return PublishResult("C1")

    def owned_names(self, zone: Zone, name: str, owner: str) -> tuple[str, ...]:
        return tuple(self.marked_names)

    def all_owned_names(self, owner: str) -> tuple[tuple[Zone, str], ...]:
        return tuple((self.zone, name) for name in self.marked_names) if self.zone else ()

    def delete_record(self, zone: Zone, name: str, owner: str) -> tuple[Record, ...]:
        self.marked_names.remove(name)
        gone = self.records(zone, name)
        self.present = [record for record in self.present if record.name != name]
        return gone

    def name_servers(self, zone: Zone) -> tuple[str, ...]:
        return self.servers

    # the DNS
    def delegation(self, zone: str) -> DnsAnswer:
        return self.delegated

    def authority(self, hostname: str) -> Authority:
        return Authority("example.com", ("ns.registrar.net",), ("192.0.2.1",))

    def query(self, authority: Authority, name: str, kind: str) -> DnsAnswer:
        return self.elsewhere

    def forbidden_by_caa(self, authority: Authority, hostname: str) -> str:
        return self.caa


class Run:
    """A step over a world, and what it told."""

    def __init__(self, world: World, **settings: Any) -> None:
        self.events: list[Event] = []
        fake = cast("Any", world)
        self.step = AcmCert(Settings(hostname=HOSTNAME, **settings), REGION, acm=fake, route53=fake, dns=fake)
        self.context = Context("acm-cert", Outputs(), self.events.append, Clock())

    @property
    def said(self) -> str:
        return "\n".join(event.message for event in self.events if isinstance(event, StepProgress))

    @property
    def causes(self) -> list[str]:
        return [event.cause for event in self.events if isinstance(event, StepWaiting)]


def test_from_nothing_to_an_issued_certificate() -> None:
    world = World(unnamed=2)
    run = Run(world)
    seen = run.step.observe(run.context)
    assert seen.output is None
    assert not seen.exists
    assert seen.changes[0] == f"request a certificate for {HOSTNAME}"
    assert run.step.apply(run.context) == Certificate(ARN, HOSTNAME)
    assert world.present == [PROOF]
    assert "validation record added to zone example.com" in run.said


def test_again_changes_nothing_and_requests_nothing() -> None:
    world = World()
    run = Run(world)
    run.step.apply(run.context)
    seen = run.step.observe(run.context)
    assert (seen.output, seen.changes, seen.exists) == (Certificate(ARN, HOSTNAME), (), True)
    run.step.apply(run.context)
    assert world.requested == 1


def test_down_takes_the_validation_record_of_a_former_host_name_too() -> None:
    former = Record("_1.old.example.org", "CNAME", ("_1.acm-validations.aws",), ttl=300)
    world = World()
    run = Run(world)
    run.step.apply(run.context)
    world.present.append(former)
    world.marked_names.append(former.name)
    assert f"validation record {former.name}" in run.step.destroy(run.context)
    assert not world.present


def test_a_request_returns_at_once_and_says_which_record_to_add() -> None:
    world = World(zone=None, issues=False)
    run = Run(world)
    assert run.step.request(run.context).status == "PENDING_VALIDATION"
    assert str(PROOF) in run.said
    assert not run.causes


def test_a_renewal_needs_the_record_that_somebody_deleted() -> None:
    run = Run(World(state=ISSUED))
    seen = run.step.observe(run.context)
    assert seen.output == Certificate(ARN, HOSTNAME)
    assert "add validation record" in seen.changes[0]


@pytest.mark.parametrize(
    ("world", "cause", "fix"),
    [
        (World(state=PENDING, present=[]), "is not in zone example.com", "epochctl cert request"),
        (
            World(state=PENDING, present=[replace(PROOF, values=("old.aws",))]),
            "-> old.aws, ACM wants",
            "remove",
        ),
        (
            World(state=PENDING, present=[PROOF], delegated=DnsAnswer("found", ("ns.old.net",))),
            "the world is sent to ns.old.net for example.com",
            "NS records ns-1.aws",
        ),
        (
            World(state=PENDING, present=[PROOF], delegated=DnsAnswer("absent")),
            "its parent must name ns-1.aws",
            "NS records ns-1.aws",
        ),
        (
            World(state=PENDING, present=[PROOF], elsewhere=SEEN, caa="the CAA records of x allow only y"),
            "allow only y",
            "amazon.com",
        ),
        (World(state=PENDING, zone=None), f"add the record {PROOF} to zone example.com", "CNAME _proof"),
        (
            World(state=PENDING, zone=None, elsewhere=DnsAnswer("found", ("x.aws",))),
            "leads to x.aws",
            "correct",
        ),
        (
            World(state=PENDING, zone=None, elsewhere=DnsAnswer("silent", reason="timeout")),
            "(timeout)",
            "CNAME _proof",
        ),
    ],
)
def test_what_only_a_person_can_end_ends_the_wait_within_half_a_minute(
    world: World, cause: str, fix: str
) -> None:
    world.issues = False
    run = Run(world)
    with pytest.raises(CertificateError) as ended:
        run.step.wait(run.context)
    assert cause in run.causes[0]
    assert cause in ended.value.why
    assert fix in ended.value.fix
    assert run.context.clock.now() < 30
    assert world.requested == 0


@pytest.mark.parametrize(
    ("world", "cause"),
    [
        (World(state=PENDING, present=[PROOF], elsewhere=SEEN), "ACM looks again"),
        (World(state=PENDING, present=[PROOF]), "is not yet answered by the servers of example.com"),
        (World(state=PENDING, zone=None, elsewhere=SEEN), "ACM looks again"),
    ],
)
def test_what_passes_by_itself_is_waited_for(world: World, cause: str) -> None:
    world.issues = False
    run = Run(world)
    with pytest.raises(DeadlineError) as late:
        run.step.wait(run.context)
    assert cause in run.causes[0]
    assert cause in late.value.why


def test_where_amazon_may_not_issue_nothing_is_requested() -> None:
    world = World(caa="the CAA records of x allow only y")
    run = Run(world)
    with pytest.raises(CertificateError, match="allow only y"):
        run.step.apply(run.context)
    assert world.requested == 0


@pytest.mark.parametrize(
    ("status", "reason", "words"),
    [
        ("FAILED", "CAA_ERROR", "CAA record of the domain"),
        ("VALIDATION_TIMED_OUT", "", "not found within 72 hours"),
    ],
)
def test_a_spent_certificate_is_explained_and_replaced(status: str, reason: str, words: str) -> None:
    old = replace(PENDING, arn=f"{ARN}-old", status=status, failure_reason=reason)
    world = World(state=old)
    run = Run(world)
    assert run.step.observe(run.context).changes[0] == f"replace the spent certificate for {HOSTNAME}"
    assert run.step.apply(run.context) == Certificate(ARN, HOSTNAME)
    assert words in run.said
    assert (world.requested, world.replaced, world.deleted) == (1, old.arn, [old.arn])


def test_a_failed_certificate_ends_the_wait_at_once() -> None:
    world = World(state=replace(PENDING, status="PENDING_VALIDATION"))
    run = Run(world)
    failed = replace(PENDING, status="FAILED", failure_reason="CAA_ERROR")
    world.describe = lambda arn: failed  # type: ignore[method-assign]
    world.find = lambda hostname, tags: PENDING  # type: ignore[method-assign]
    with pytest.raises(CertificateError, match="CAA_ERROR"):
        run.step.wait(run.context)
    assert not run.causes


def test_another_record_in_the_proofs_place_is_named_and_kept() -> None:
    other = replace(PROOF, values=("old.aws",))
    world = World(present=[other])
    run = Run(world)
    with pytest.raises(CertificateError, match=r"old\.aws"):
        run.step.apply(run.context)
    assert world.present == [other]


def test_nothing_to_wait_for_before_a_request() -> None:
    run = Run(World())
    with pytest.raises(NotFoundError) as error:
        run.step.wait(run.context)
    assert error.value.fix == Command("cert", "request")


def test_down_waits_for_the_listener_to_let_go_and_removes_both() -> None:
    world = World()
    run = Run(world)
    run.step.apply(run.context)
    world.busy = 3
    removed = run.step.destroy(run.context)
    assert removed == (f"validation record {PROOF.name}", f"certificate {ARN} ({HOSTNAME})")
    assert "in use by" in run.causes[-1]
    assert not world.present
    assert run.step.destroy(run.context) == ()
    assert not run.step.observe(run.context).exists


def test_down_removes_a_failed_certificate_too() -> None:
    world = World(state=replace(PENDING, status="FAILED"))
    run = Run(world)
    assert run.step.observe(run.context).exists
    assert run.step.destroy(run.context)
    assert world.deleted == [ARN]


def test_somebody_elses_certificate_is_used_and_kept() -> None:
    world = World(state=replace(ISSUED, is_owned=False), present=[PROOF])
    run = Run(world)
    assert run.step.apply(run.context) == Certificate(ARN, HOSTNAME)
    assert not run.step.observe(run.context).exists
    assert run.step.destroy(run.context) == ()
    assert world.present == [PROOF]
    assert world.requested == 0


def test_a_record_that_was_there_before_us_stays() -> None:
    world = World(present=[PROOF])
    run = Run(world)
    run.step.apply(run.context)
    assert run.step.destroy(run.context) == (f"certificate {ARN} ({HOSTNAME})",)
    assert world.present == [PROOF]


def test_the_host_names_own_record_is_not_this_steps_to_remove() -> None:
    world = World(marked_names=[HOSTNAME])
    run = Run(world)
    assert not run.step.observe(run.context).exists
    assert run.step.destroy(run.context) == ()
    assert world.marked_names == [HOSTNAME]


def test_a_requested_certificate_that_was_then_given_is_kept_with_its_record() -> None:
    world = World()
    first = Run(world)
    first.step.apply(first.context)
    run = Run(world, certificate_arn=ARN)
    assert not run.step.observe(run.context).exists
    assert run.step.destroy(run.context) == ()
    assert world.present == [PROOF]
    assert world.state == ISSUED


def test_a_requested_certificate_goes_although_another_is_given() -> None:
    world = World(state=ISSUED, present=[PROOF], marked_names=[PROOF.name])
    given = replace(ISSUED, arn=ARN + "2", record_name="", is_owned=False)
    run = Run(world, certificate_arn=given.arn)
    world.describe = lambda arn: given if arn == given.arn else world.state  # type: ignore[method-assign]
    assert run.step.observe(run.context).exists
    assert len(run.step.destroy(run.context)) == 2
    assert world.deleted == [ARN]


def test_a_given_certificate_is_used_and_never_touched() -> None:
    world = World(state=replace(ISSUED, names=("*.example.com",), hostname="*.example.com"))
    run = Run(world, certificate_arn=ARN)
    seen = run.step.observe(run.context)
    assert (seen.output, seen.changes, seen.exists) == (Certificate(ARN, HOSTNAME), (), False)
    assert run.step.apply(run.context) == Certificate(ARN, HOSTNAME)
    assert run.step.destroy(run.context) == ()
    assert (world.requested, world.present, world.deleted) == (0, [], [])


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (None, "there is no certificate"),
        (replace(ISSUED, hostname="x.net", names=("x.net", "*.b.example.com")), "it covers x.net"),
        (replace(ISSUED, status="EXPIRED"), "is expired"),
    ],
)
def test_a_given_certificate_that_cannot_serve_is_refused(state: CertificateState | None, words: str) -> None:
    run = Run(World(state=state), certificate_arn=ARN)
    with pytest.raises(CertificateError, match=words):
        run.step.observe(run.context)
