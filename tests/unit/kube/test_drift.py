"""What somebody changed by hand is told with who and when; defaults, controllers and scaling are nobody's."""

from __future__ import annotations

import copy
from typing import Any

from epochctl.kube import drift

WANTED: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "epoch", "labels": {"a": "1"}},
    "spec": {
        "replicas": 2,
        "template": {
            "spec": {
                "containers": [
                    {
                        "name": "service",
                        "image": "epoch@sha256:1",
                        "env": [{"name": "MODE", "value": "a"}],
                        "envFrom": None,
                        "resources": {"requests": {"cpu": "0.5"}},
                    }
                ]
            }
        },
    },
}
WHEN = "2026-11-24T15:00:00Z"


def live() -> dict[str, Any]:
    """As the API server holds it: with its defaults, its spelling, and helm as the owner."""
    found = copy.deepcopy(WANTED)
    found["metadata"] |= {"resourceVersion": "7", "managedFields": [{"manager": "helm", "fieldsV1": {}}]}
    found["spec"]["progressDeadlineSeconds"] = 600
    container(found)["resources"]["requests"]["cpu"] = "500m"
    container(found).pop("envFrom")
    container(found)["terminationMessagePath"] = "/dev/termination-log"
    return found


def container(of: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = of["spec"]["template"]["spec"]["containers"][0]
    return found


def edited(of: dict[str, Any], fields: dict[str, Any], manager: str = "kubectl-edit", **more: str) -> None:
    """Somebody owns these fields of the container."""
    marks = {"f:containers": {'k:{"name":"service"}': fields}}
    spec = {"f:spec": {"f:template": {"f:spec": marks}}}
    entry = {"manager": manager, "operation": "Update", "time": WHEN, "fieldsV1": spec, **more}
    of["metadata"]["managedFields"].append(entry)


def test_nobody_changed_it() -> None:
    assert drift.find(WANTED, live()) is None


def test_a_changed_field_with_who_and_when() -> None:
    found = live()
    container(found)["image"] = "other"
    edited(found, {"f:image": {}}, "kubectl-set")
    told = drift.find(WANTED, found)
    assert told is not None
    place = "spec.template.spec.containers[service].image"
    assert str(told) == f"Deployment/epoch, changed by kubectl-set at 2026-11-24 15:00:00 UTC: {place}"


def test_what_was_added() -> None:
    found = live()
    container(found)["env"].append({"name": "DEBUG", "value": "1"})
    edited(found, {"f:env": {'k:{"name":"DEBUG"}': {".": {}, "f:name": {}, "f:value": {}}}})
    told = drift.find(WANTED, found)
    assert told is not None
    assert told.fields == ("spec.template.spec.containers[service].env[DEBUG]",)
    assert container(drift.without_drift(WANTED, found))["env"] == [{"name": "MODE", "value": "a"}]


def test_what_was_removed() -> None:
    found = live()
    container(found)["env"] = []
    told = drift.find(WANTED, found)
    assert told is not None
    assert told.fields == ("spec.template.spec.containers[service].env[MODE]",)


def test_changed_and_changed_back_or_spelt_otherwise_is_no_change() -> None:
    found = live()
    edited(found, {"f:image": {}, "f:resources": {"f:requests": {"f:cpu": {}}}})
    assert drift.find(WANTED, found) is None


def test_an_annotation_of_the_release() -> None:
    found = live()
    found["metadata"]["labels"] = {"a": "2", "added": "by a controller"}
    told = drift.find(WANTED, found)
    assert told is not None
    assert told.fields == ("metadata.labels[a]",)


def test_a_scale_and_a_controllers_notes_are_nobodys() -> None:
    found = live()
    found["spec"]["replicas"] = 5
    edited(found, {"f:image": {}}, "horizontal-pod-autoscaler", subresource="scale")
    edited(found, {"f:image": {}}, "kube-controller-manager")
    assert drift.find(WANTED, found) is None


def test_restoring_keeps_an_autoscalers_replicas_and_drops_what_the_server_writes() -> None:
    found, wanted = live(), copy.deepcopy(WANTED)
    found["spec"]["replicas"] = 5
    del wanted["spec"]["replicas"]
    body = drift.without_drift(wanted, found)
    assert body["spec"]["replicas"] == 5
    assert not {"resourceVersion", "managedFields"} & set(body["metadata"])
    assert body["metadata"]["labels"] == {"a": "1"}
    assert "replicas" not in wanted["spec"]
