"""What the API server's JSON means to a person."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from epochctl.kube import objects, pods

NOW = datetime(2026, 1, 1, 0, 1, tzinfo=UTC)
DIGEST = "sha256:" + "a" * 64


def pod(container: dict[str, Any] | None = None, **status: Any) -> pods.PodState:
    statuses = [] if container is None else [{"restartCount": 0, **container}]
    return pods.pod_state(
        {
            "metadata": {"name": "web", "creationTimestamp": "2026-01-01T00:00:00Z", "labels": {}},
            "spec": {"containers": [{"image": "repo/web:1"}], "readinessGates": status.pop("gates", [])},
            "status": {"phase": "Pending", "containerStatuses": statuses, **status},
        },
        NOW,
    )


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return {"state": {"waiting": {"reason": reason, "message": message}}}


def condition(kind: str, status: str, reason: str = "", message: str = "") -> dict[str, str]:
    return {"type": kind, "status": status, "reason": reason, "message": message}


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (pod(waiting("ImagePullBackOff", "not found")), "image"),
        (pod(waiting("CrashLoopBackOff")), "crash"),
        (pod(waiting("CreateContainerConfigError", 'secret "s" not found')), "configuration"),
        (pod(conditions=[condition("PodScheduled", "False", "Unschedulable", "no cpu")]), "unschedulable"),
        (
            pod(
                {"state": {"running": {}}, "started": True},
                phase="Running",
                conditions=[condition("ContainersReady", "False", "ContainersNotReady")],
            ),
            "readiness",
        ),
    ],
)
def test_each_of_the_five_failures_has_its_own_name_within_a_minute(state: pods.PodState, kind: str) -> None:
    assert state.trouble is not None
    assert state.trouble.kind == kind
    assert state.trouble.grace < 60


def test_a_pod_on_its_way_is_no_trouble() -> None:
    assert pod(waiting("ContainerCreating")).trouble is None
    assert pod(waiting("ErrImagePull")).trouble is None, "the registry may answer the next time"
    starting = pod(
        {"state": {"running": {}}, "started": False},
        phase="Running",
        conditions=[condition("ContainersReady", "False", "ContainersNotReady")],
    )
    assert starting.trouble is None, "its startup probe is the judge"


def test_a_crash_tells_how_it_ended() -> None:
    container = {
        **waiting("CrashLoopBackOff"),
        "lastState": {"terminated": {"exitCode": 3, "reason": "Error"}},
    }
    trouble = pod(container).trouble
    assert trouble is not None
    assert "exit code 3" in trouble.message
    assert trouble.previous_log


def test_the_digest_is_what_runs() -> None:
    running = pod({"imageID": f"repo/web@{DIGEST}", "state": {"running": {}}})
    assert running.image_digests == (DIGEST,)
    assert running.runs(DIGEST)
    assert not running.runs("sha256:" + "b" * 64)
    assert not pod().runs(DIGEST)


def test_readiness_gates_are_seen() -> None:
    gates = [{"conditionType": "target-health/x"}]
    assert not pod(gates=gates).gates_ok
    assert pod(gates=gates, conditions=[condition("target-health/x", "True")]).gates_ok
    assert pod().gates_ok


def test_a_deployment_is_complete_only_without_old_pods() -> None:
    item = {
        "metadata": {"generation": 2},
        "spec": {"replicas": 2, "template": {"spec": {"containers": []}}},
        "status": {"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2},
    }
    assert objects.deployment_state(item).complete
    item["status"] = {**item["status"], "replicas": 3}
    assert not objects.deployment_state(item).complete
    item["status"] = {**item["status"], "replicas": 2, "observedGeneration": 1}
    assert not objects.deployment_state(item).complete


def test_addresses_that_are_not_ready_take_no_traffic() -> None:
    endpoints = [
        {"addresses": ["10.0.0.1"], "conditions": {"ready": True}},
        {"addresses": ["10.0.0.2"], "conditions": {"ready": False}},
        {"addresses": ["10.0.0.3"], "conditions": {}},
    ]
    assert objects.ready_addresses([{"endpoints": endpoints}, {}]) == ("10.0.0.1", "10.0.0.3")


def event(reason: str, time: str, version: str, kind: str = "Warning") -> dict[str, Any]:
    return {
        "metadata": {"resourceVersion": version},
        "lastTimestamp": time,
        "type": kind,
        "reason": reason,
        "message": "a\n  b",
    }


def test_the_newest_event_is_the_one_written_last_within_a_second() -> None:
    late, early = "2026-01-01T00:00:09Z", "2026-01-01T00:00:08Z"
    found = objects.newest(
        [
            event("Pulling", late, "100", "Normal"),
            event("FailedMount", late, "99"),
            event("Old", early, "200"),
        ]
    )
    assert found == objects.ClusterEvent("Pulling", "a b", False)
    assert objects.newest([]) is None
