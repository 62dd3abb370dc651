"""A difference is what a person would look for, by object, and never shows what is secret."""

from __future__ import annotations

from typing import Any

from epochctl.tools.helm import differences


def deployment(replicas: int, **env: str) -> dict[str, Any]:
    given = [{"name": name, "value": value} for name, value in env.items()]
    containers = [{"name": "service", "env": given}]
    spec = {"replicas": replicas, "template": {"spec": {"containers": containers}}}
    return {"kind": "Deployment", "metadata": {"name": "epoch"}, "spec": spec}


def secret(**data: str) -> dict[str, Any]:
    return {"kind": "Secret", "metadata": {"name": "keys"}, "data": data}


def test_nothing_differs() -> None:
    assert differences([deployment(2, A="1")], [deployment(2, A="1")]) == ()


def test_the_line_that_changes() -> None:
    (found,) = differences([deployment(2)], [deployment(3)])
    assert (found.name, found.action) == ("Deployment/epoch", "change")
    assert [line for line in found.lines if line[0] in "+-"] == ["-  replicas: 2", "+  replicas: 3"]


def test_objects_that_come_and_go() -> None:
    found = differences([secret(a="x")], [deployment(1)])
    assert [(one.action, one.name) for one in found] == [
        ("create", "Deployment/epoch"),
        ("delete", "Secret/keys"),
    ]


def test_a_changed_secret_is_seen_and_not_shown() -> None:
    (found,) = differences([secret(password="b2xk")], [secret(password="bmV3")])
    changed = [line for line in found.lines if line[0] in "+-"]
    assert len(changed) == 2
    assert all("***" in line for line in changed)
    assert "b2xk" not in str(found)
    assert "bmV3" not in str(found)


def test_an_environment_value_that_sounds_secret_is_not_shown() -> None:
    (found,) = differences(
        [deployment(1, API_TOKEN="hush", MODE="a")], [deployment(1, API_TOKEN="other", MODE="b")]
    )
    text = "\n".join(found.lines)
    assert "hush" not in text
    assert "other" not in text
    assert "API_TOKEN" in text
    assert "value: b" in text


def test_hooks_are_not_part_of_the_release() -> None:
    hook = {"kind": "Pod", "metadata": {"name": "test", "annotations": {"helm.sh/hook": "test"}}}
    assert differences([hook], []) == ()
