"""What a person reads of terraform's JSON lines, and what is kept of them."""

from __future__ import annotations

import json
from typing import Any

from epochctl.tools.terraform.stream import Change, Stream, short


def hook(kind: str, action: str = "create", seconds: int = 0) -> str:
    told: dict[str, Any] = {"resource": {"addr": "module.cluster.aws_eks_cluster.this"}, "action": action}
    return json.dumps({"type": kind, "hook": told | {"elapsed_seconds": seconds}})


def test_progress_is_short_and_human() -> None:
    said: list[str] = []
    stream = Stream(said.append)
    for line in (hook("apply_start"), hook("apply_progress", seconds=40), hook("apply_complete", seconds=61)):
        stream(line)
    assert said == [
        "aws_eks_cluster.this: creating",
        "aws_eks_cluster.this: creating, 40 s",
        "aws_eks_cluster.this: created in 61 s",
    ]
    assert stream.done == [Change("module.cluster.aws_eks_cluster.this", "create")]


def test_reading_data_and_refreshing_are_not_told() -> None:
    said: list[str] = []
    stream = Stream(said.append)
    for line in (hook("apply_start", "read"), hook("refresh_start"), '{"type": "version"}', "no json at all"):
        stream(line)
    assert said == []
    assert stream.raw == ["no json at all"]


def test_planned_changes_are_kept_with_their_reason() -> None:
    stream = Stream(lambda line: None)
    for change in (
        {"resource": {"addr": "module.network.aws_vpc.this"}, "action": "create"},
        {"resource": {"addr": "aws_x.y"}, "action": "replace", "reason": "tainted"},
        {"resource": {"addr": "aws_x.z"}, "action": "noop", "importing": {"id": "z"}},
        {"resource": {"addr": "data.aws_x.q"}, "action": "read"},
    ):
        stream(json.dumps({"type": "planned_change", "change": change}))
    assert [str(change) for change in stream.changes] == [
        "create aws_vpc.this",
        "replace aws_x.y (tainted)",
        "adopt aws_x.z",
    ]


def test_warnings_are_not_errors() -> None:
    stream = Stream(lambda line: None)
    for severity in ("warning", "error"):
        told = {"severity": severity, "summary": severity, "detail": "d", "address": "a.b"}
        stream(json.dumps({"type": "diagnostic", "diagnostic": told}))
    assert [error.summary for error in stream.errors] == ["error"]


def test_keys_with_dots_survive() -> None:
    assert short('module.a.module.b.aws_x.y["k.l"]') == 'aws_x.y["k.l"]'
