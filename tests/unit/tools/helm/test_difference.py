"""A difference is what a person would look for, by object, and never shows what is secret."""

from __future__ import annotations

from typing import Any

import pytest

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


@pytest.mark.parametrize(
    ("value", "secret"),
    [
        ("postgres://epoch:hunter2@db.example.com/epoch", "hunter2"),
        ("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
        ("wJalrXUtnFEMI7K7MDENGbPxRfiCYEXAMPLEKEY2", "wJalrXUtnFEMI7K7MDENG"),
        ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "ghp_16C7"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl", "c2lnbmF0dXJl"),
        ("Server=db;Password=hunter2;Timeout=3", "hunter2"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----", "MIIEow"),
    ],
)
def test_what_looks_like_a_credential_is_not_shown_under_a_harmless_name(value: str, secret: str) -> None:
    (found,) = differences([deployment(1, UPSTREAM="a")], [deployment(1, UPSTREAM=value)])
    assert secret not in "\n".join(found.lines)
    assert "***" in "\n".join(found.lines)


@pytest.mark.parametrize(
    "value",
    [
        "https://api.example.com/v1/a-rather-long-path/with-words",
        "123456789012.dkr.ecr.us-west-2.amazonaws.com/epoch",
        "sha256:9b2e6a4f0c1d8e7b5a3f2c1d0e9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f",
        "arn:aws:iam::123456789012:role/epoch-production",
        "com.example.SomeVeryLongClassName",
        "2026-11-24T15:20:39Z",
    ],
)
def test_other_values_are_shown(value: str) -> None:
    (found,) = differences([deployment(1, UPSTREAM="a")], [deployment(1, UPSTREAM=value)])
    assert value in "\n".join(found.lines)


def test_hooks_are_not_part_of_the_release() -> None:
    hook = {"kind": "Pod", "metadata": {"name": "test", "annotations": {"helm.sh/hook": "test"}}}
    assert differences([hook], []) == ()
