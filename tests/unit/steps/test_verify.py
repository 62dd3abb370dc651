"""`verify` as a user meets it: every layer in order; the first that is not right by its name and cause."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from typing import Any, cast

import pytest
from clock import Clock

from epochctl.aws.elbv2 import Listener, LoadBalancer, Target, TargetGroup
from epochctl.aws.route53 import Zone
from epochctl.config.settings import Service, Settings
from epochctl.errors import EpochctlError, ResolverCacheError, VerifyError
from epochctl.kube import PodState
from epochctl.net.dns import Authority, DnsAnswer
from epochctl.net.https import Failure, Response, Served
from epochctl.outputs import Certificate, DnsRecord, Infrastructure, Release
from epochctl.steps.verify import Verify
from epochctl.workflow.events import Event, StepWaiting
from epochctl.workflow.outputs import Outputs
from epochctl.workflow.step import Context

HOSTNAME, TARGET = "epoch.example.com", "k8s-epoch-1.us-west-2.elb.amazonaws.com"
DIGEST, ARN = "sha256:" + "1" * 64, "arn:aws:acm:us-west-2:123456789012:certificate/1"
RELEASE = Release(3, "epoch-production", DIGEST, f"https://{HOSTNAME}/", TARGET)
ADDRESSES = ("198.51.100.1", "198.51.100.2")
NAMES = ["pods", "target health", "load balancer", "authoritative DNS", "recursive DNS"]
NAMES += ["TLS", "redirect", "health", "body"]
INFRASTRUCTURE = Infrastructure(
    region="us-west-2",
    account_id="123456789012",
    vpc_id="",
    public_subnet_ids=(),
    private_subnet_ids=(),
    cluster_name="epoch-production",
    cluster_version="",
    node_group_name="",
    node_architecture="x86_64",
    oidc_provider_arn="",
    repository_url="",
    repository_name="",
    lb_controller_role_arn="",
    lb_controller_policy_arn="",
)
POD = PodState(
    name="epoch-1",
    phase="Running",
    ready=True,
    reason="",
    message="",
    restarts=0,
    image_digests=(DIGEST,),
    images=(),
    node="",
    address="10.0.0.9",
    gates=0,
    gates_ok=True,
    started=True,
    containers_ready=True,
    terminating=False,
    template_hash="abc",
    age=1.0,
)
BALANCER = LoadBalancer("lb", "k8s-epoch", TARGET, "Z", "active", ())
HEALTHY = Target("10.0.0.9", 8080, "healthy", "", "")


def answer(status: int = 200, body: str = "ok\n", **headers: str) -> Response:
    return Response(status, tuple(headers.items()), body)


@dataclass
class World:
    """A service that is right in every layer; tests break one."""

    pods: tuple[PodState, ...] = (POD, replace(POD, name="epoch-2"))
    targets: tuple[Target, ...] = (HEALTHY, replace(HEALTHY, address="10.0.1.9"))
    balancer: LoadBalancer | None = BALANCER
    certificate_arns: tuple[str, ...] = (ARN,)
    zone_servers: tuple[str, ...] = ("ns-1.aws",)
    authoritative: DnsAnswer = field(default_factory=lambda: DnsAnswer("found", ADDRESSES[:1]))
    recursive_answers: list[DnsAnswer] = field(default_factory=lambda: [DnsAnswer("found", ADDRESSES)])
    note: str = ""
    served: Served | Failure = field(
        default_factory=lambda: Served((HOSTNAME,), "Authority", datetime.now(UTC) + timedelta(days=90))
    )
    plain: Response | Failure = field(
        default_factory=lambda: answer(301, "", location=f"https://{HOSTNAME}:443/")
    )
    health: Response | Failure = field(default_factory=answer)
    unverified: Response | Failure = field(default_factory=answer)
    body: Callable[[], Response | Failure] = lambda: answer(body=f"{int(time.time())}\n")
    asked: list[str] = field(default_factory=list)

    # load balancers
    def by_dns_name(self, name: str) -> LoadBalancer | None:
        if self.balancer and self.balancer.state == "provisioning":
            self.balancer = replace(self.balancer, state="active")
            return replace(self.balancer, state="provisioning")
        return self.balancer

    def target_groups_of(self, arn: str) -> tuple[TargetGroup, ...]:
        return (TargetGroup("tg", "tg", (arn,)),)

    def target_health(self, arn: str) -> tuple[Target, ...]:
        return self.targets

    def listeners(self, arn: str) -> tuple[Listener, ...]:
        return (Listener("80", "HTTP", 80, ()), Listener("443", "HTTPS", 443, self.certificate_arns))

    # the DNS
    def zone_for(self, hostname: str) -> Zone | None:
        return Zone("Z1", "example.com")

    def name_servers(self, zone: Zone) -> tuple[str, ...]:
        return self.zone_servers

    def authority(self, hostname: str) -> Authority:
        return Authority("example.com", ("ns-1.aws",), () if self.note else ("192.0.2.1",), self.note)

    def query(self, authority: Authority, name: str, kind: str) -> DnsAnswer:
        return self.authoritative

    def resolve(self, name: str) -> DnsAnswer:
        self.asked.append(name)
        if name == TARGET:
            return DnsAnswer("found", ADDRESSES)
        return self.recursive_answers.pop(0) if len(self.recursive_answers) > 1 else self.recursive_answers[0]

    def negative_ttl(self, authority: Authority) -> int:
        return 300

    # https
    def get(self, hostname: str, address: str, path: str, *, verify: bool = True) -> Response | Failure:
        if not verify:
            return self.unverified
        return self.health if path == "/health" else self.body()

    def get_plain(self, hostname: str, address: str) -> Response | Failure:
        return self.plain

    def certificate(self, hostname: str, address: str) -> Served | Failure:
        return self.served


class Run:
    """The step over a world, and what it told."""

    def __init__(self, world: World, *, managed: bool = True, **settings: Any) -> None:
        self.events: list[Event] = []
        fake = cast("Any", world)
        self.step = Verify(
            Settings(hostname=HOSTNAME, **settings),
            "us-west-2",
            eks=fake,
            elbv2=fake,
            route53=fake,
            names=fake,
            https=fake,
            pods_of=lambda cluster, namespace, selector: world.pods,
        )
        record = DnsRecord(HOSTNAME, TARGET, managed)
        outputs = Outputs(Certificate(ARN, HOSTNAME), INFRASTRUCTURE, RELEASE, record)
        self.clock = Clock()
        self.context = Context("verify", outputs, self.events.append, self.clock)

    def error(self) -> EpochctlError:
        with pytest.raises(EpochctlError) as caught:
            self.step.apply(self.context)
        return caught.value

    @property
    def causes(self) -> list[str]:
        return [event.cause for event in self.events if isinstance(event, StepWaiting)]


def test_a_service_that_is_right_shows_every_layer() -> None:
    run = Run(World())
    seen = run.step.apply(run.context)
    assert seen.url == f"https://{HOSTNAME}/"
    assert [name for name, _ in seen.layers] == NAMES
    assert not run.causes


def test_it_has_nothing_to_change_or_remove() -> None:
    run = Run(World())
    seen = run.step.observe(run.context)
    assert (seen.output, seen.exists) == (None, False)
    assert run.step.destroy(run.context) == ()


def test_a_standby_without_pods_is_right_as_it_sleeps() -> None:
    asleep = World(pods=(), targets=(), unverified=answer(503), health=answer(503))
    sleeping = Service().model_copy(update={"replicas": 0})
    run = Run(asleep, service=sleeping)
    seen = dict(run.step.apply(run.context).layers)
    assert list(seen) == [name for name in NAMES if name not in ("health", "body")]
    assert seen["target health"].endswith("asleep")
    assert seen["load balancer"].endswith("asleep")
    asleep.certificate_arns = ("arn:old",)  # clients may be sent to it any time
    assert "load balancer" in Run(asleep, service=sleeping).error().what


def test_a_pod_that_a_sleeping_standby_still_has_must_be_right() -> None:
    ill = World(pods=(replace(POD, ready=False, reason="CrashLoopBackOff"),), targets=())
    assert "pods" in Run(ill, service=Service().model_copy(update={"replicas": 0})).error().what


NOW = int(time.time())
ILL = Target("10.0.0.9", 8080, "unhealthy", "Target.Timeout", "Request timed out")


@pytest.mark.parametrize(
    ("broken", "layer", "cause"),
    [
        (World(pods=()), "pods", "0 of 2 pods"),
        (World(pods=(replace(POD, ready=False, reason="CrashLoopBackOff"), POD)), "pods", "keeps crashing"),
        (World(pods=(replace(POD, image_digests=("sha256:2",)), POD)), "pods", "runs sha256:2"),
        (World(targets=(HEALTHY, ILL)), "target health", "unhealthy (Target.Timeout: Request timed out)"),
        (World(targets=(replace(HEALTHY, state="draining"),)), "target health", "no target is registered"),
        (World(balancer=None), "target health", f"there is no load balancer {TARGET}"),
        (World(certificate_arns=("arn:old",)), "load balancer", "shows certificate arn:old"),
        (World(unverified=Failure("connect", "refused")), "load balancer", "connect: refused"),
        (World(unverified=answer(503)), "load balancer", "answers 503"),
        (World(authoritative=DnsAnswer("absent")), "authoritative DNS", "has no address yet"),
        (World(authoritative=DnsAnswer("found", ("192.0.2.7",))), "authoritative DNS", "leads to 192.0.2.7"),
        (World(authoritative=DnsAnswer("silent", reason="timeout")), "authoritative DNS", "timeout"),
        (
            World(authoritative=DnsAnswer("absent"), zone_servers=("ns-2.aws",)),
            "authoritative DNS",
            "the world asks ns-1.aws",
        ),
        (
            World(recursive_answers=[DnsAnswer("found", ("192.0.2.7",))]),
            "recursive DNS",
            "the resolver says 192.0.2.7",
        ),
        (World(served=Failure("tls", "certificate has expired")), "TLS", "certificate has expired"),
        (World(plain=answer(200)), "redirect", "http answers 200"),
        (World(plain=answer(301, "", location="https://example.org/")), "redirect", "example.org"),
        (World(plain=answer(301, "", location=f"https://{HOSTNAME}.evil/")), "redirect", "evil"),
        (World(health=answer(404)), "health", "/health: answers 404"),
        (World(body=lambda: answer(body="<html>")), "body", "not an epoch: '<html>'"),
        (World(body=lambda: answer(body=str(NOW - 60))), "body", "the body says"),
        (World(body=lambda: answer(502, "")), "body", "answers 502"),
    ],
)
def test_the_first_layer_that_is_not_right_is_named(broken: World, layer: str, cause: str) -> None:
    error = Run(broken).error()
    assert isinstance(error, VerifyError)
    assert error.what == f"verify stops at: {layer}"
    assert cause in error.why
    assert error.fix


@pytest.mark.parametrize(
    "broken",
    [
        World(certificate_arns=("arn:old",)),
        World(authoritative=DnsAnswer("absent")),
        World(authoritative=DnsAnswer("found", ("192.0.2.7",))),
    ],
)
def test_what_only_a_person_puts_right_is_not_waited_for_long(broken: World) -> None:
    run = Run(broken)
    run.error()
    assert 30 <= run.clock.seconds < 40


def test_a_record_by_hand_may_take_its_time() -> None:
    run = Run(World(authoritative=DnsAnswer("absent")), managed=False)
    run.error()
    assert run.clock.seconds >= 120


def test_targets_that_become_healthy_are_waited_for() -> None:
    world = World(targets=(replace(HEALTHY, state="initial", reason="Elb.InitialHealthChecking"),))
    run = Run(world)
    answers = iter([world.targets, (HEALTHY,)])
    world.target_health = lambda arn: next(answers)  # type: ignore[method-assign]
    run.step.apply(run.context)
    assert run.causes == ["target 10.0.0.9:8080 is initial (Elb.InitialHealthChecking)"]


def test_a_draining_or_terminating_one_does_not_matter() -> None:
    old = replace(POD, name="old", ready=False, terminating=True)
    world = World(pods=(POD, POD, old), targets=(HEALTHY, replace(HEALTHY, state="draining")))
    run = Run(world)
    assert run.step.apply(run.context)


def test_a_load_balancer_that_is_being_provisioned_is_waited_for() -> None:
    run = Run(World(balancer=replace(BALANCER, state="provisioning")))
    run.step.apply(run.context)
    assert run.causes == ["k8s-epoch is being provisioned"]


def test_a_resolver_that_remembers_absence_is_its_own_verdict() -> None:
    run = Run(World(recursive_answers=[DnsAnswer("absent", reason="Name or service not known")]))
    error = run.error()
    assert isinstance(error, ResolverCacheError)
    assert "at most 300 s" in error.why
    assert run.clock.seconds <= 20


def test_a_resolver_that_is_only_late_is_waited_for() -> None:
    late = [DnsAnswer("absent", reason="not known"), DnsAnswer("found", ADDRESSES)]
    run = Run(World(recursive_answers=late))
    assert run.step.apply(run.context)


def test_the_resolver_never_sees_a_name_that_is_not_there() -> None:
    world = World(authoritative=DnsAnswer("absent"))
    Run(world).error()
    assert HOSTNAME not in world.asked


def test_servers_that_cannot_be_asked_are_told() -> None:
    run = Run(World(note="the name servers of example.com have no address here"))
    layers = dict(run.step.apply(run.context).layers)
    assert "have no address here" in layers["authoritative DNS"]


def test_a_cname_to_the_load_balancer_is_right_too() -> None:
    run = Run(World(authoritative=DnsAnswer("empty", chain=(TARGET,))), managed=False)
    assert run.step.apply(run.context)


def test_without_a_zone_the_fix_is_the_record_to_add() -> None:
    error = Run(World(authoritative=DnsAnswer("absent")), managed=False).error()
    assert f"CNAME {HOSTNAME} -> {TARGET}" in error.fix


def test_a_certificate_near_its_end_is_a_warning() -> None:
    near = Served((HOSTNAME,), "Authority", datetime.now(UTC) + timedelta(days=5, hours=1))
    run = Run(World(served=near))
    assert "WARNING: it ends in 5 days" in dict(run.step.apply(run.context).layers)["TLS"]


def test_a_wrong_clock_here_is_told_apart_from_a_wrong_answer() -> None:
    then = NOW - 600
    run = Run(World(body=lambda: answer(body=str(then), date=formatdate(then, usegmt=True))))
    assert "this machine's clock is off by" in run.error().why


def test_the_body_of_somebody_elses_image_is_not_judged() -> None:
    run = Run(World(body=lambda: answer(body="<html>")), service=Service(image="nginx:1"))
    assert "not ours to judge" in dict(run.step.apply(run.context).layers)["body"]
