"""Each layer's cause and next command when nothing is up, when half is up, and when something is broken."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from epochctl.aws.eks import NodeGroup
from epochctl.aws.elbv2 import Elbv2
from epochctl.command import Command
from epochctl.config.settings import Settings
from epochctl.diagnosis import DiagnosisContext, account, endpoint, workload
from epochctl.kube import DeploymentState, NodeState
from epochctl.outputs import Certificate
from epochctl.steps.catalog import Steps
from epochctl.workflow.events import RunFinished, RunStarted, StepFailed
from epochctl.workflow.journal import Journal
from epochctl.workflow.outputs import Outputs
from epochctl.workflow.step import Observation
from epochctl.workflow.waiting import Pending, Ready

RUNS = DeploymentState(2, 2, 2, 2, 2, True, "", "1", ("r@sha256:a",))


def context(tmp_path: Path, kube: Any = None, eks: Any = None, **steps: Any) -> DiagnosisContext:
    aws: Any = SimpleNamespace(region="us-west-2", caller_arn=lambda: "arn:me")
    step_context: Any = lambda name: None  # noqa: E731
    named = {name: SimpleNamespace(name=name, **vars(step)) for name, step in steps.items()}
    return DiagnosisContext(
        settings=Settings(hostname="epoch.example.com", directory=tmp_path),
        region="us-west-2",
        aws=aws,
        eks=eks,
        elbv2=cast("Elbv2", None),
        steps=cast("Steps", SimpleNamespace(**named)),
        step_context=step_context,
        outputs=Outputs(),
        journal=tmp_path / "journal.jsonl",
        lock_holder=lambda: None,
        kube=kube,
    )


def test_the_last_failure_is_quoted(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal(RunStarted("", "deploy", ()))
    journal(StepFailed("deploy", 1.0, "pods crash", "exit code 1", ""))
    journal(RunFinished("", False, 2.0, ""))
    found = account.last_run(context(tmp_path))
    assert found.state == "note"
    assert "deploy of " in found.cause
    assert "deploy: pods crash: exit code 1" in found.cause
    assert account.last_run(context(tmp_path / "elsewhere")).cause == "none from this directory"


@pytest.mark.parametrize(
    ("run", "state_locked", "state", "words"),
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
def test_a_lock_is_reported_with_its_holder(
    tmp_path: Path, run: Any, state_locked: bool, state: str, words: str
) -> None:
    holder = SimpleNamespace(who="ann@laptop", when="2026-11-24") if state_locked else None
    known = context(tmp_path, infra_up=SimpleNamespace(lock_holder=lambda: holder))
    known.lock_holder = lambda: run
    found = account.lock(known)
    assert found.state == state
    assert words in found.cause


def test_a_pending_certificate_says_why(tmp_path: Path) -> None:
    step = SimpleNamespace(
        status=lambda ctx: SimpleNamespace(status="PENDING_VALIDATION", arn="arn"),
        why_pending=lambda state: "the record is not in the zone",
        observe=lambda ctx: Observation(None, ("wait",)),
    )
    found = account.certificate(context(tmp_path, acm_cert=step))
    assert (found.state, found.next) == ("wrong", Command("cert", "wait"))
    assert "the record is not in the zone" in found.cause
    none = SimpleNamespace(status=lambda ctx: None, observe=lambda ctx: Observation(None))
    assert account.certificate(context(tmp_path, acm_cert=none)).state == "absent"


@pytest.mark.parametrize(
    ("drift", "state", "words"),
    [
        ({"in_state": (), "untracked": (), "missing": ()}, "absent", "nothing has been made"),
        ({"in_state": ("a", "b"), "untracked": (), "missing": ("b",)}, "wrong", "gone from the account: b"),
        (
            {"in_state": ("a",), "untracked": ("v", "w", "x", "y"), "missing": ()},
            "wrong",
            "v, w, x and 1 more",
        ),
        ({"in_state": ("a",), "untracked": (), "missing": ()}, "wrong", "did not get to its end"),
    ],
)
def test_the_state_compared_with_the_account(tmp_path: Path, drift: Any, state: str, words: str) -> None:
    step = SimpleNamespace(state_drift=lambda: SimpleNamespace(**drift, infrastructure=None))
    found = account.infrastructure(context(tmp_path, infra_up=step))
    assert found.state == state
    assert words in found.cause


def test_unready_nodes_and_node_groups_with_issues(tmp_path: Path) -> None:
    kube = SimpleNamespace(
        nodes=lambda: (NodeState("n1", True, ""), NodeState("n2", False, "KubeletStopped"))
    )
    group = NodeGroup("g", "DEGRADED", 2, ("AsgInstanceLaunchFailures: no capacity",))
    eks = SimpleNamespace(node_groups=lambda name: (group,))
    found = account.nodes(context(tmp_path, kube, eks))
    assert found.cause == "node group g: AsgInstanceLaunchFailures: no capacity; n2: KubeletStopped"


def test_a_controller_scaled_to_0_or_gone(tmp_path: Path) -> None:
    scaled = SimpleNamespace(deployment=lambda *_: replace(RUNS, desired=0, updated=0, available=0, total=0))
    assert "scaled to 0" in workload.controller_runs(context(tmp_path, scaled)).cause
    gone = SimpleNamespace(deployment=lambda *_: None)
    assert workload.controller_runs(context(tmp_path, gone)).state == "absent"


def release(status: str = "deployed") -> Any:
    latest = SimpleNamespace(revision=3, status=status, manifests=(), description="", chart="epoch-0.1.0")
    return SimpleNamespace(releases=lambda: SimpleNamespace(states=lambda: (latest,)))


def test_a_release_with_a_missing_object_or_a_dead_helm(tmp_path: Path) -> None:
    kube = SimpleNamespace(missing=lambda manifests, namespace: ("Deployment/epoch",))
    assert workload.release(context(tmp_path, kube, deploy=release())).cause == "missing: Deployment/epoch"
    killed = workload.release(context(tmp_path, kube, deploy=release("pending-upgrade")))
    assert "revision 3 is pending-upgrade" in killed.cause
    nothing = SimpleNamespace(releases=lambda: SimpleNamespace(states=lambda: ()))
    assert workload.release(context(tmp_path, kube, deploy=nothing)).state == "absent"


def test_a_missing_record(tmp_path: Path) -> None:
    step = SimpleNamespace(observe=lambda ctx: Observation(None, ("point epoch.example.com at lb",)))
    found = endpoint.record(context(tmp_path, dns=step))
    assert (found.state, found.next) == ("wrong", Command("up"))
    assert "point epoch.example.com at lb" in found.cause


def probed_states(tmp_path: Path, **answers: Any) -> dict[str, str]:
    layers = [SimpleNamespace(name=name, probe=lambda a=a: a, fix="fix") for name, a in answers.items()]
    known = context(tmp_path, verify=SimpleNamespace(layers=lambda ctx: layers))
    known.address = "lb"
    known.outputs.put(Certificate("arn", "epoch.example.com"))
    return {one.layer: one.state for one in endpoint.client_layers(known, set(), lambda name, ask: ask())}


def test_verifys_layers_stop_at_the_first_that_is_wrong(tmp_path: Path) -> None:
    seen = probed_states(
        tmp_path, pods=Pending("1 of 2"), balancer=Ready("x"), dns=Pending("none"), tls=Ready("x")
    )
    assert seen == {"pods": "wrong", "balancer": "ok", "dns": "wrong", "tls": "unknown"}


def test_without_a_load_balancer_no_client_layer_is_asked(tmp_path: Path) -> None:
    (found,) = endpoint.client_layers(context(tmp_path), set(), lambda name, ask: ask())
    assert (found.state, found.cause) == ("unknown", "not asked: ingress first")
