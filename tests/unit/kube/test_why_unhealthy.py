"""One look at a Deployment gives the cause that a failing rollout would give, without waiting for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from epochctl.kube import DeploymentState, NodeState
from epochctl.kube.objects import node_state
from epochctl.kube.rollout import why_unhealthy

STATE = DeploymentState(1, 1, 0, 0, 1, True, "", "1", ("r@sha256:a",))


class Kube:
    def __init__(self, state: DeploymentState | None, pods: tuple[Any, ...] = ()) -> None:
        self.state, self.found = state, pods

    def deployment(self, namespace: str, name: str) -> DeploymentState | None:
        return self.state

    def pods(self, namespace: str, selector: str = "") -> tuple[Any, ...]:
        return self.found

    def template_hash(self, namespace: str, selector: str, revision: str) -> str:
        return "h"

    def events(self, *_: object, **__: object) -> tuple[str, ...]:
        return ("BackOff: restarting",)

    def logs(self, namespace: str, pod: str, *, tail: int, previous: bool = False) -> tuple[str, ...]:
        return ("the last words",) if previous else ()

    def latest_event(self, namespace: str, pod: str) -> None:
        return None


def crashing() -> Any:
    from datetime import UTC, datetime

    from epochctl.kube.pods import pod_state

    waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}}
    container = {"name": "c", "restartCount": 3, "state": waiting}
    metadata = {
        "name": "p",
        "creationTimestamp": "2026-11-24T00:00:00Z",
        "labels": {"pod-template-hash": "h"},
    }
    status = {"phase": "Running", "containerStatuses": [container]}
    return pod_state({"metadata": metadata, "status": status}, datetime(2026, 11, 24, 1, tzinfo=UTC))


def look(kube: Any) -> str:
    return why_unhealthy(kube, "ns", "epoch", "app=epoch")


def test_absent_and_scaled_to_0() -> None:
    assert look(Kube(None)) == "there is no Deployment epoch"
    assert look(Kube(replace(STATE, desired=0))) == "Deployment epoch is scaled to 0"


def test_a_crash_comes_with_its_events_and_last_words() -> None:
    cause = look(Kube(STATE, (crashing(),)))
    assert "keeps crashing" in cause
    assert "BackOff: restarting" in cause
    assert "the last words" in cause


def test_on_its_way_is_said_as_progress() -> None:
    assert "0 of 1 available" in look(Kube(STATE))


def test_a_node_in_the_api_servers_words() -> None:
    def node(status: str, **spec: bool) -> NodeState:
        condition = {"type": "Ready", "status": status, "reason": "KubeletNotReady", "message": "no network"}
        return node_state({"metadata": {"name": "n"}, "spec": spec, "status": {"conditions": [condition]}})

    assert node("False") == NodeState("n", False, "KubeletNotReady: no network")
    assert node("True") == NodeState("n", True, "")
    assert node("True", unschedulable=True).why == "it is cordoned"
