"""The pod identity webhook: what a pod gets whose service account names a role; others are left alone."""

from __future__ import annotations

import base64
import json
import urllib.error
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.eks import pod_identity

ROLE = "arn:aws:iam::123456789012:role/controller"


class Plane:
    """A control plane with one service account, kube-system/controller."""

    def __init__(self, annotations: dict[str, str] | None = None) -> None:
        self.plan = SimpleNamespace(name="epoch", region="us-west-2")
        self.annotations = annotations
        self.applied: list[Any] = []

    def request(self, path: str) -> Any:
        if path != "/api/v1/namespaces/kube-system/serviceaccounts/controller":
            raise urllib.error.HTTPError(path, 404, "Not Found", None, None)  # type: ignore[arg-type]
        metadata = {} if self.annotations is None else {"annotations": self.annotations}
        return {"metadata": metadata}

    def apply(self, path: str, body: Any) -> None:
        self.applied.append(body)


def reviewed(plane: Plane, **spec: Any) -> dict[str, Any]:
    pod = {"spec": {"containers": [{"name": "c"}], "serviceAccountName": "controller", **spec}}
    question = {"request": {"uid": "u1", "namespace": "kube-system", "object": pod}}
    answer: dict[str, Any] = pod_identity.review(plane, question)["response"]  # type: ignore[arg-type]
    assert (answer["uid"], answer["allowed"]) == ("u1", True)
    return answer


def patched(**spec: Any) -> dict[str, Any]:
    """Values by path of the patch for a pod whose service account names a role."""
    answer = reviewed(Plane({pod_identity.ANNOTATION: ROLE}), **spec)
    assert answer["patchType"] == "JSONPatch"
    operations = json.loads(base64.b64decode(answer["patch"]))
    assert {operation["op"] for operation in operations} == {"add"}
    return {operation["path"]: operation["value"] for operation in operations}


def test_each_container_learns_its_role_and_where_its_token_is() -> None:
    patch = patched(containers=[{"name": "a"}, {"name": "b"}])
    for index in (0, 1):
        variables = {v["name"]: v["value"] for v in patch[f"/spec/containers/{index}/env"]}
        assert variables["AWS_ROLE_ARN"] == ROLE
        assert variables["AWS_REGION"] == "us-west-2"
        (mount,) = patch[f"/spec/containers/{index}/volumeMounts"]
        assert variables["AWS_WEB_IDENTITY_TOKEN_FILE"] == mount["mountPath"] + "/token"
        assert mount["readOnly"]


def test_the_token_is_for_sts() -> None:
    (volume,) = patched()["/spec/volumes"]
    token = volume["projected"]["sources"][0]["serviceAccountToken"]
    assert token["audience"] == "sts.amazonaws.com"


def test_what_the_pod_has_stays() -> None:
    container = {"name": "c", "env": [{"name": "A"}], "volumeMounts": [{"name": "v"}]}
    patch = patched(containers=[container], volumes=[{"name": "v"}])
    assert patch["/spec/volumes"][0] == {"name": "v"}
    assert patch["/spec/containers/0/env"][0] == {"name": "A"}
    assert patch["/spec/containers/0/volumeMounts"][0] == {"name": "v"}


def test_a_process_without_root_can_read_the_token() -> None:
    context = {"runAsNonRoot": True}
    assert patched(securityContext=context)["/spec/securityContext"] == {
        "runAsNonRoot": True,
        "fsGroup": 65534,
    }


def test_a_group_that_the_pod_chose_stays() -> None:
    assert "/spec/securityContext" not in patched(securityContext={"fsGroup": 1000})


@pytest.mark.parametrize("annotations", [None, {}, {"other": "x"}])
def test_a_pod_without_a_role_is_let_through_unchanged(annotations: dict[str, str] | None) -> None:
    assert "patch" not in reviewed(Plane(annotations))


def test_a_pod_whose_service_account_is_not_there_is_let_through_unchanged() -> None:
    plane = Plane({pod_identity.ANNOTATION: ROLE})
    assert "patch" not in reviewed(plane, serviceAccountName="absent")


def test_the_webhook_asks_for_new_pods_and_holds_none_up_when_it_fails() -> None:
    plane = Plane()
    pod_identity.register_webhook(plane, b"pem")  # type: ignore[arg-type]
    (webhook,) = plane.applied[0]["webhooks"]
    assert webhook["failurePolicy"] == "Ignore"
    assert base64.b64decode(webhook["clientConfig"]["caBundle"]) == b"pem"
    url = webhook["clientConfig"]["url"]
    assert url == "https://pod-identity-webhook.us-west-2.eks.amazonaws.com/epoch/mutate"
