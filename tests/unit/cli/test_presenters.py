"""What happens, shown as lines, as a tree, and as JSON."""

from __future__ import annotations

import io
import json
import time

from rich.console import Console as RichConsole

from epochctl.cli.console import Console
from epochctl.cli.jsonl import JsonLines
from epochctl.cli.plain import PlainLines
from epochctl.workflow import events

WAITING = events.StepWaiting("infra_up", "nodes", "0 of 2 ready", 5.0, 600.0)


def test_plain_lines_name_the_step_and_the_cause() -> None:
    stream = io.StringIO()
    lines = PlainLines(stream)
    lines(events.StepStarted("infra_up", "apply"))
    lines(WAITING)
    lines(WAITING)
    lines(events.StepFinished("infra_up", True, 65.0, "30 added"))
    lines.close()
    text = stream.getvalue()
    assert text.count("waiting for nodes: 0 of 2 ready (5 s of at most 10 min 00 s)") == 1
    assert "infra_up      done in 1 min 05 s: 30 added" in text


def test_plain_lines_are_never_silent_for_long() -> None:
    stream = io.StringIO()
    lines = PlainLines(stream, heartbeat=0.02)
    lines(events.StepStarted("infra_up", "apply"))
    until = time.monotonic() + 5
    while "still at it" not in stream.getvalue() and time.monotonic() < until:
        lines._closed.wait(0.005)
    lines.close()
    assert "infra_up      still at it after 0 s (working)" in stream.getvalue()


def test_a_heartbeat_names_no_step_of_the_run_before() -> None:
    stream = io.StringIO()
    lines = PlainLines(stream, heartbeat=0.02)
    lines(events.StepStarted("acm_cert", "observe"))  # a look has no end of its own
    lines(events.RunStarted("", "down", ("deploy",)))
    lines(events.StepStarted("deploy", "destroy"))
    until = time.monotonic() + 5
    while "still at it" not in stream.getvalue() and time.monotonic() < until:
        lines._closed.wait(0.005)
    lines.close()
    assert "deploy        still at it" in stream.getvalue()
    assert "acm_cert      still at it" not in stream.getvalue()


def test_the_tree_fits_eighty_columns_and_shows_each_step() -> None:
    stream = io.StringIO()
    rich = RichConsole(file=stream, width=80, force_terminal=True, no_color=True)
    console = Console("up epoch", rich)
    console(events.RunStarted("", "up", ("infra_up", "deploy", "verify")))
    console(events.StepStarted("infra_up", "apply"))
    console(events.StepFailed("infra_up", 3.0, "no room " * 30, "", ""))
    console(events.StepSkipped("deploy", "infra_up failed"))
    console(events.RunFinished("", False, 3.0, ""))
    console.close()
    flat = RichConsole(file=io.StringIO(), width=80)
    with flat.capture() as shown:
        flat.print(console._tree())
    text = shown.get()
    assert max(len(line) for line in text.splitlines()) <= 80
    for part in ("up epoch", "infra_up", "no room", "infra_up failed", "verify"):
        assert part in text


def test_json_lines_are_one_object_each() -> None:
    stream = io.StringIO()
    lines = JsonLines(stream)
    lines(WAITING)
    lines.result({"url": "https://epoch.example.com/"})
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (first["event"], first["cause"], first["deadline"]) == ("step_waiting", "0 of 2 ready", 600.0)
    assert (second["event"], second["url"]) == ("result", "https://epoch.example.com/")
