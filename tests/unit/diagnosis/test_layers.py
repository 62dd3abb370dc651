"""Each layer's cause and next command, for the states a person meets: nothing up, half up, broken."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from epochctl.aws.eks import NodeGroup
from epochctl.config.settings import Settings
from epochctl.diagnosis import DiagnosisContext, account, endpoint, workload
from epochctl.kube import DeploymentState, NodeState
from epochctl.outputs import Certificate
from epochctl.workflow.events import RunFinished, RunStarted, StepFailed
from epochctl.workflow.journal import Journal
from epochctl.workflow.outputs import Outputs
from epochctl.workflow.step import Observation
from epochctl.workflow.waiting import Pending, Ready

RUNS = DeploymentState(2, 2, 2, 2, 2, True, "", "1", ("r@sha256:a",))


def case(tmp_path: Path, kube: Any = None, **steps: Any) -> DiagnosisContext:
    settings = Settings(hostname="epoch.example.com", directory=tmp_path)
    aws: Any = SimpleNamespace(region="us-west-2", caller_arn=lambda: "arn:me")
    context: Any = lambda name: None  # noqa: E731
    return DiagnosisContext(
        settings,
        "us-west-2",
        aws,
        lambda name: steps[name.replace("-", "_")],
        context,
        Outputs(),
        tmp_path / "journal.jsonl",
        lambda: None,
        kube=kube,
    )


def test_the_last_failure_in_its_own_words(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal(RunStarted("", "deploy", ()))
    journal(StepFailed("deploy", 1.0, "pods crash", "exit code 1", ""))
    journal(RunFinished("", False, 2.0, ""))
    found = account.last_run(case(tmp_path))
    assert found.state == "note"
    assert "deploy of " in found.cause
    assert "deploy: pods crash: exit code 1" in found.cause
    assert account.last_run(case(tmp_path / "elsewhere")).cause == "none from this directory"


@pytest.mark.parametrize(
    ("run", "terraforms", "state", "words"),
    [
        (None, False, "ok", "free"),
        (
            SimpleNamespace(is_dead=False, describe=lambda now: "ann runs `epochctl up`"),
            True,
            "note",
            "ann runs",
        ),
        (SimpleNamespace(is_dead=True, summary="ann ran `epochctl up`"), True, "note", "a run that is gone"),
        (None, True, "wrong", "locked by ann@laptop since 2026-11-24"),
    ],
)
def test_a_lock_is_told_with_its_holder(
    tmp_path: Path, run: Any, terraforms: bool, state: str, words: str
) -> None:
    holder = SimpleNamespace(who="ann@laptop", when="2026-11-24") if terraforms else None
    known = case(tmp_path, infra_up=SimpleNamespace(lock_holder=lambda: holder))
    known.holder = lambda: run
    found = account.lock(known)
    assert found.state == state
    assert words in found.cause


def test_a_pending_certificate_says_why(tmp_path: Path) -> None:
    step = SimpleNamespace(
        status=lambda ctx: SimpleNamespace(status="PENDING_VALIDATION", arn="arn"),
        why_pending=lambda state: "the record is not in the zone",
        observe=lambda ctx: Observation(None, ("wait",)),
    )
    found = account.certificate(case(tmp_path, acm_cert=step))
    assert (found.state, found.next) == ("wrong", "epochctl cert wait")
    assert "the record is not in the zone" in found.cause
    none = SimpleNamespace(status=lambda ctx: None, observe=lambda ctx: Observation(None))
    assert account.certificate(case(tmp_path, acm_cert=none)).state == "absent"


@pytest.mark.parametrize(
    ("place", "state", "words"),
    [
        ({"known": (), "lost": (), "gone": ()}, "absent", "nothing has been made"),
        ({"known": ("a", "b"), "lost": (), "gone": ("b",)}, "wrong", "gone from the account: b"),
        ({"known": ("a",), "lost": ("v", "w", "x", "y"), "gone": ()}, "wrong", "v, w, x and 1 more"),
        ({"known": ("a",), "lost": (), "gone": ()}, "wrong", "did not get to its end"),
    ],
)
def test_the_state_beside_the_world(tmp_path: Path, place: Any, state: str, words: str) -> None:
    step = SimpleNamespace(state_drift=lambda: SimpleNamespace(**place, infrastructure=None))
    found = account.infrastructure(case(tmp_path, infra_up=step))
    assert found.state == state
    assert words in found.cause


def test_nodes_that_are_ill_and_groups_that_complain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kube = SimpleNamespace(
        nodes=lambda: (NodeState("n1", True, ""), NodeState("n2", False, "KubeletStopped"))
    )
    group = NodeGroup("g", "DEGRADED", 2, ("AsgInstanceLaunchFailures: no capacity",))
    monkeypatch.setattr(account, "Eks", lambda aws: SimpleNamespace(node_groups=lambda name: (group,)))
    found = account.nodes(case(tmp_path, kube))
    assert found.cause == "node group g: AsgInstanceLaunchFailures: no capacity; n2: KubeletStopped"


def test_a_controller_scaled_to_0_or_gone(tmp_path: Path) -> None:
    scaled = SimpleNamespace(deployment=lambda *_: replace(RUNS, desired=0, updated=0, available=0, total=0))
    assert "scaled to 0" in workload.controller_runs(case(tmp_path, scaled)).cause
    gone = SimpleNamespace(deployment=lambda *_: None)
    assert workload.controller_runs(case(tmp_path, gone)).state == "absent"


def release(status: str = "deployed") -> Any:
    latest = SimpleNamespace(revision=3, status=status, manifests=(), description="", chart="epoch-0.1.0")
    return SimpleNamespace(releases=lambda: SimpleNamespace(states=lambda: (latest,)))


def test_a_release_with_a_missing_object_or_a_dead_helm(tmp_path: Path) -> None:
    kube = SimpleNamespace(missing=lambda manifests, namespace: ("Deployment/epoch",))
    assert workload.release(case(tmp_path, kube, deploy=release())).cause == "missing: Deployment/epoch"
    killed = workload.release(case(tmp_path, kube, deploy=release("pending-upgrade")))
    assert "revision 3 is pending-upgrade" in killed.cause
    nothing = SimpleNamespace(releases=lambda: SimpleNamespace(states=lambda: ()))
    assert workload.release(case(tmp_path, kube, deploy=nothing)).state == "absent"


def test_a_record_that_is_not_there(tmp_path: Path) -> None:
    step = SimpleNamespace(observe=lambda ctx: Observation(None, ("point epoch.example.com at lb",)))
    found = endpoint.record(case(tmp_path, dns=step))
    assert (found.state, found.next) == ("wrong", "epochctl up")
    assert "point epoch.example.com at lb" in found.cause


def walked(tmp_path: Path, **answers: Any) -> dict[str, str]:
    layers = [SimpleNamespace(name=name, probe=lambda a=a: a, fix="fix") for name, a in answers.items()]
    known = case(tmp_path, verify=SimpleNamespace(layers=lambda ctx: layers))
    known.address = "lb"
    known.outputs.put(Certificate("arn", "epoch.example.com"))
    return {one.layer: one.state for one in endpoint.walk(known, set(), lambda name, ask: ask())}


def test_verifys_layers_stop_at_the_first_that_is_wrong(tmp_path: Path) -> None:
    seen = walked(tmp_path, pods=Pending("1 of 2"), balancer=Ready("x"), dns=Pending("none"), tls=Ready("x"))
    assert seen == {"pods": "wrong", "balancer": "ok", "dns": "wrong", "tls": "unknown"}


def test_without_a_load_balancer_there_is_no_way_in(tmp_path: Path) -> None:
    (found,) = endpoint.walk(case(tmp_path), set(), lambda name, ask: ask())
    assert (found.state, found.cause) == ("unknown", "not asked: ingress first")
