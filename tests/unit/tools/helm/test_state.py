"""Releases compared, charts fingerprinted, kubeconfigs without a secret."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from epochctl.tools.helm import (
    Helm,
    ReleaseState,
    canonical_json,
    changed_objects,
    chart_digest,
    kubeconfig,
    process_lock,
)
from epochctl.tools.helm.state import parse_manifests


def item(kind: str, name: str, **rest: Any) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": name}, **rest}


def state(status: str, age: float = 0.0) -> ReleaseState:
    updated = datetime.now(UTC) - timedelta(seconds=age)
    return ReleaseState("web", "ns", 1, status, updated, "web-1", canonical_json({"a": 1, "b": 2}), (), "")


def test_a_plan_names_each_object() -> None:
    before = [item("Service", "a"), item("Deployment", "b", spec=1), item("Ingress", "c")]
    after = [item("Service", "a"), item("Deployment", "b", spec=2), item("Secret", "d")]
    assert changed_objects(before, after) == ("create Secret/d", "change Deployment/b", "delete Ingress/c")


def test_hooks_are_not_part_of_a_release() -> None:
    hook = {"kind": "Pod", "metadata": {"name": "t", "annotations": {"helm.sh/hook": "test"}}}
    assert changed_objects([], [hook]) == ()


def test_the_order_of_values_does_not_matter() -> None:
    assert state("deployed").matches({"b": 2, "a": 1})
    assert not state("deployed").matches({"a": 1})
    assert not state("failed").matches({"a": 1, "b": 2})


def test_a_pending_release_is_left_in_peace_until_its_helm_must_be_dead(tmp_path: Path) -> None:
    helm = Helm(tmp_path / "kubeconfig", tmp_path)
    assert helm.seconds_until_stale(state("pending-upgrade")) > 50
    assert helm.seconds_until_stale(state("pending-upgrade", age=61)) == 0
    assert helm.seconds_until_stale(state("deployed")) == 0
    with suppress(OSError), process_lock.hold(tmp_path / "at-work" / "ns.web"):
        raise OSError  # stands for our death
    assert helm.seconds_until_stale(state("pending-upgrade")) == 0, "its helm was started here and is no more"


def test_an_edited_chart_is_another_chart(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "a.yaml").write_text("a: 1")
    first = chart_digest(tmp_path)
    assert chart_digest(tmp_path) == first
    (tmp_path / "templates" / "a.yaml").write_text("a: 2")
    assert chart_digest(tmp_path) != first


def test_the_kubeconfig_is_private_and_asks_for_its_token(tmp_path: Path) -> None:
    argv = ("/bin/epochctl", "token", "--cluster", "demo")
    path = kubeconfig.write(
        tmp_path / "s" / "kubeconfig", name="demo", endpoint="https://x", ca_pem="CA", argv=argv
    )
    assert path.stat().st_mode & 0o777 == 0o600
    user = json.loads(path.read_text())["users"][0]["user"]
    assert user["exec"]["args"] == ["token", "--cluster", "demo"]
    assert "token" not in user


def test_a_list_in_a_manifest_is_its_items() -> None:
    text = "kind: List\nmetadata: {name: l}\nitems:\n- {kind: A, metadata: {name: a}}\n---\nkind: B\n---\n"
    assert [one["kind"] for one in parse_manifests(text)] == ["A", "B"]
