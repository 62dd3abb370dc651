"""A rollout ends, goes on, or fails with its one cause."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from clock import Clock

from epochctl.errors import DeployError
from epochctl.kube import ClusterEvent, DeploymentState, PodState, Trouble
from epochctl.kube.pods import PULL_RETRY_SECONDS
from epochctl.kube.rollout import Rollout
from epochctl.workflow.waiting import Pending, Ready

POD = PodState(
    "web-1", "Running", True, "", "", 0, (), (), "n", "10.0.0.1", 0, True, True, True, False, "new", 1.0
)
DONE = DeploymentState(1, 1, 1, 1, 1, True, "", "2", ())
PULL = dataclasses.replace(POD, ready=False, reason="ImagePullBackOff", message="not found")
LOST = dataclasses.replace(POD, ready=False, reason="Unschedulable", message="0/2 nodes")
GATED = dataclasses.replace(POD, ready=False, gates=1, gates_ok=False, reason="ReadinessGatesNotReady")
STARTING = dataclasses.replace(
    POD,
    ready=False,
    started=False,
    reason="ContainersNotReady",
    health="GET /x on port 1",
    startup_seconds=40.0,
)


class Cluster:
    """A Kube whose answers a test sets."""

    def __init__(self, state: DeploymentState | None = DONE, *pods: PodState) -> None:
        self.state, self.all = state, pods or (POD,)
        self.event: ClusterEvent | None = None

    def deployment(self, *_: Any) -> DeploymentState | None:
        return self.state

    def template_hash(self, *_: Any) -> str:
        return "new"

    def pods(self, *_: Any) -> tuple[PodState, ...]:
        return self.all

    def events(self, *_: Any, **__: Any) -> tuple[str, ...]:
        return ("Failed: no such image",)

    def latest_event(self, *_: Any) -> ClusterEvent | None:
        return self.event

    def logs(self, *_: Any, previous: bool = False, **__: Any) -> tuple[str, ...]:
        return ("before the crash",) if previous else ("now",)


def rollout(cluster: Cluster, clock: Clock | None = None) -> Rollout:
    made = Rollout(
        cluster, "ns", "web", "app=web", clock or Clock(), lambda _, why: DeployError("x", why=why)
    )  # type: ignore[arg-type]
    return made


def test_it_is_over_when_every_pod_of_the_revision_is_ready() -> None:
    assert rollout(Cluster()).probe() == Ready((POD,))


def test_pods_of_an_older_revision_do_not_fail_it() -> None:
    old = dataclasses.replace(PULL, name="old", template_hash="old")
    going = dataclasses.replace(DONE, updated=0, available=0)
    assert isinstance(rollout(Cluster(going, old)).probe(), Pending)


def test_a_certain_cause_fails_at_once_with_the_evidence() -> None:
    with pytest.raises(DeployError) as failure:
        rollout(Cluster(dataclasses.replace(DONE, available=0), PULL)).probe()
    assert "ImagePullBackOff" in failure.value.why
    assert "no such image" in failure.value.why
    assert "| now" in failure.value.why


def test_a_crash_shows_the_lines_before_it() -> None:
    crashed = dataclasses.replace(POD, ready=False, reason="CrashLoopBackOff")
    with pytest.raises(DeployError, match="before the crash"):
        rollout(Cluster(dataclasses.replace(DONE, available=0), crashed)).probe()


def test_what_may_pass_is_given_time_but_less_than_a_minute() -> None:
    clock = Clock()
    watched = rollout(Cluster(dataclasses.replace(DONE, available=0), LOST), clock)
    answer = watched.probe()
    assert isinstance(answer, Pending)
    assert "0/2 nodes" in answer.cause
    clock.sleep(59)
    with pytest.raises(DeployError, match="no node takes the pod"):
        watched.probe()


def test_no_room_is_no_verdict_while_an_older_pod_is_leaving() -> None:
    clock, leaving = Clock(), dataclasses.replace(POD, name="old", template_hash="old", terminating=True)
    cluster = Cluster(dataclasses.replace(DONE, available=0), LOST, leaving)
    watched = rollout(cluster, clock)
    for _ in range(3):
        assert isinstance(watched.probe(), Pending)
        clock.sleep(59)


def test_a_container_that_never_answers_fails_when_its_time_to_start_is_over() -> None:
    clock = Clock()
    watched = rollout(Cluster(dataclasses.replace(DONE, available=0), STARTING), clock)
    answer = watched.probe()
    assert isinstance(answer, Pending)
    assert "GET /x on port 1 does not pass" in answer.cause
    clock.sleep(39)
    assert isinstance(watched.probe(), Pending)
    clock.sleep(5)
    with pytest.raises(DeployError, match="GET /x on port 1 does not pass"):
        watched.probe()


def test_a_target_that_stays_unhealthy_is_why_the_gate_stays_closed() -> None:
    clock = Clock()
    watched = rollout(Cluster(dataclasses.replace(DONE, available=0), GATED), clock)
    watched.gate = lambda pods: Trouble("unhealthy", f"{len(pods)} target times out", 45)
    answer = watched.probe()
    assert isinstance(answer, Pending)
    assert "1 target times out" in answer.cause
    clock.sleep(46)
    with pytest.raises(DeployError, match="target times out"):
        watched.probe()


def test_each_unhealthy_target_has_its_own_time() -> None:
    """In a rollout of many pods one after the other is unhealthy for a moment."""
    clock = Clock()
    watched = rollout(Cluster(dataclasses.replace(DONE, available=0), GATED), clock)
    for kind in ("unhealthy", "initial", "unhealthy"):
        watched.gate = lambda _, kind=kind: Trouble(kind, "for a moment", 45)  # type: ignore[misc]
        assert isinstance(watched.probe(), Pending)
        clock.sleep(40)


def test_what_one_pod_got_over_does_not_count_against_the_next() -> None:
    clock, cluster = Clock(), Cluster(dataclasses.replace(DONE, available=0), STARTING)
    watched = rollout(cluster, clock)
    for pods in ((STARTING,), (POD, dataclasses.replace(STARTING, name="web-2"))):
        cluster.all = pods
        assert isinstance(watched.probe(), Pending)
        clock.sleep(42)
        assert isinstance(watched.probe(), Pending)
    clock.sleep(2)
    with pytest.raises(DeployError, match="web-2"):
        watched.probe()


def test_an_open_readiness_gate_is_named() -> None:
    answer = rollout(Cluster(dataclasses.replace(DONE, available=0), GATED)).probe()
    assert isinstance(answer, Pending)
    assert "readiness gate" in answer.cause


BEGINNING = dataclasses.replace(
    POD, phase="Pending", ready=False, started=False, containers_ready=False, reason="ContainersNotReady"
)
NO_SANDBOX = ClusterEvent("FailedCreatePodSandBox", "Failed to create pod sandbox: no address left", True)
PULLING = ClusterEvent("Pulling", "Pulling image web:1", False)


def test_a_pod_in_the_making_is_told_by_its_newest_event() -> None:
    cluster = Cluster(dataclasses.replace(DONE, available=0), BEGINNING)
    cluster.event = PULLING
    answer = rollout(cluster).probe()
    assert isinstance(answer, Pending)
    assert "Pulling image web:1" in answer.cause
    cluster.event = NO_SANDBOX
    answer = rollout(cluster).probe()
    assert isinstance(answer, Pending)
    assert "no address left" in answer.cause


def test_a_pod_that_cannot_be_made_for_a_minute_fails_the_rollout() -> None:
    cluster, clock = Cluster(dataclasses.replace(DONE, available=0), BEGINNING), Clock()
    cluster.event = NO_SANDBOX
    watched = rollout(cluster, clock)
    watched.probe()
    clock.sleep(60)
    with pytest.raises(DeployError, match="no address left"):
        watched.probe()


def test_a_failure_that_something_newer_followed_begins_anew() -> None:
    cluster, clock = Cluster(dataclasses.replace(DONE, available=0), BEGINNING), Clock()
    watched = rollout(cluster, clock)
    for event in (NO_SANDBOX, PULLING, NO_SANDBOX):
        cluster.event = event
        assert isinstance(watched.probe(), Pending)
        clock.sleep(50)


def test_a_cause_of_a_thousand_characters_is_cut_while_waiting() -> None:
    cluster = Cluster(dataclasses.replace(DONE, available=0), BEGINNING)
    cluster.event = dataclasses.replace(NO_SANDBOX, message="x" * 1000)
    answer = rollout(cluster).probe()
    assert isinstance(answer, Pending)
    assert len(answer.cause) == 300


def test_a_pull_that_the_network_broke_is_given_time_and_then_named() -> None:
    message = "Back-off pulling image: ErrImagePull: read: connection reset by peer"
    clock = Clock()
    probe = rollout(Cluster(DONE, dataclasses.replace(PULL, message=message)), clock).probe
    assert isinstance(probe(), Pending)
    clock.seconds = PULL_RETRY_SECONDS - 1
    assert isinstance(probe(), Pending)
    clock.seconds = PULL_RETRY_SECONDS
    with pytest.raises(DeployError) as raised:
        probe()
    assert "connection reset by peer" in str(raised.value.why)


def test_so_is_one_between_two_tries() -> None:
    message = "failed to resolve image: 429 Too Many Requests"
    trying = dataclasses.replace(
        POD, ready=False, phase="Pending", reason="ErrImagePull", message=message, started=False
    )
    cluster, clock = Cluster(DONE, trying), Clock()
    cluster.event = ClusterEvent("Failed", "Error: ErrImagePull", True)
    probe = rollout(cluster, clock).probe
    for clock.seconds in (0.0, 100.0, 200.0):
        assert isinstance(probe(), Pending)
