"""What happens, shown as lines, as a tree, and as JSON."""

from __future__ import annotations

import io
import json
import time

from rich.console import Console as RichConsole

from epochctl.cli.output.jsonl import JsonLines
from epochctl.cli.output.plain import PlainLines
from epochctl.cli.output.terminal import Console
from epochctl.workflow import events

WAITING = events.StepWaiting("infra-up", "nodes", "0 of 2 ready", 5.0, 600.0)


def test_plain_lines_name_the_step_and_the_cause() -> None:
    stream = io.StringIO()
    lines = PlainLines(stream)
    lines(events.StepStarted("infra-up", "apply"))
    lines(WAITING)
    lines(WAITING)
    lines(events.StepFinished("infra-up", True, 65.0, "30 added"))
    lines.close()
    text = stream.getvalue()
    assert text.count("waiting for nodes: 0 of 2 ready (5 s of at most 10 min 00 s)") == 1
    assert "infra-up      done in 1 min 05 s: 30 added" in text


def await_heartbeat(stream: io.StringIO, lines: PlainLines) -> None:
    """For seconds at most; then nothing more is said."""
    until = time.monotonic() + 5
    while "still at it" not in stream.getvalue() and time.monotonic() < until:
        lines._closed.wait(0.005)
    lines.close()


def test_plain_lines_are_never_silent_for_long() -> None:
    stream = io.StringIO()
    lines = PlainLines(stream, heartbeat=0.02)
    lines(events.StepStarted("infra-up", "apply"))
    await_heartbeat(stream, lines)
    assert "infra-up      still at it after 0 s (working)" in stream.getvalue()


def test_a_heartbeat_names_no_step_of_the_run_before() -> None:
    stream = io.StringIO()
    lines = PlainLines(stream, heartbeat=0.02)
    lines(events.StepStarted("acm-cert", "observe"))  # a look has no end of its own
    lines(events.RunStarted("", "down", ("deploy",)))
    lines(events.StepStarted("deploy", "destroy"))
    await_heartbeat(stream, lines)
    assert "deploy        still at it" in stream.getvalue()
    assert "acm-cert      still at it" not in stream.getvalue()


def test_a_heartbeat_names_what_is_still_looked_at() -> None:
    stream = io.StringIO()
    lines = PlainLines(stream, heartbeat=0.02)
    lines(events.StepStarted("acm-cert", "observe"))
    lines(events.StepSeen("acm-cert", True))
    lines(events.StepStarted("infra-up", "observe"))
    await_heartbeat(stream, lines)
    assert "infra-up      still at it" in stream.getvalue()
    assert "acm-cert" not in stream.getvalue()


def test_the_tree_fits_eighty_columns_and_shows_each_step() -> None:
    stream = io.StringIO()
    rich = RichConsole(file=stream, width=80, force_terminal=True, no_color=True)
    console = Console("up epoch", rich)
    console(events.RunStarted("", "up", ("infra-up", "deploy", "verify")))
    console(events.StepStarted("infra-up", "apply"))
    console(events.StepFailed("infra-up", 3.0, "no room " * 30, "", ""))
    console(events.StepSkipped("deploy", "infra-up failed"))
    console(events.RunFinished("", False, 3.0, ""))
    console.close()
    flat = RichConsole(file=io.StringIO(), width=80)
    with flat.capture() as shown:
        flat.print(console._tree())
    text = shown.get()
    assert max(len(line) for line in text.splitlines()) <= 80
    for part in ("up epoch", "infra-up", "no room", "infra-up failed", "verify"):
        assert part in text


def test_json_lines_are_one_object_each() -> None:
    stream = io.StringIO()
    lines = JsonLines(stream)
    lines(WAITING)
    lines.result({"url": "https://epoch.example.com/"})
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (first["event"], first["cause"], first["deadline"]) == ("step_waiting", "0 of 2 ready", 600.0)
    assert (second["event"], second["url"]) == ("result", "https://epoch.example.com/")


def two_regions() -> list[events.Event]:
    """Two regions side by side; one ends before the other."""
    west, east = "us-west-2", "us-east-1"
    return [
        events.RunStarted("", "up", ("deploy", "verify"), region=west),
        events.RunStarted("", "up", ("deploy", "verify"), region=east),
        events.StepStarted("deploy", "apply", region=west),
        events.StepStarted("deploy", "apply", region=east),
        events.StepFinished("deploy", True, 1.0, "made in the west", region=west),
        events.RunFinished("", True, 1.0, "", region=west),
        events.StepFailed("deploy", 2.0, "no room in the east", "", "", region=east),
    ]


def test_several_regions_are_a_level_of_the_tree_until_the_last_has_ended() -> None:
    console = Console(
        "up epoch", RichConsole(file=io.StringIO(), width=80, force_terminal=True, no_color=True)
    )
    for event in two_regions():
        console(event)
    assert console._running
    flat = RichConsole(file=io.StringIO(), width=80)
    with flat.capture() as shown:
        flat.print(console._tree())
    lines = [line.strip() for line in shown.get().splitlines()]
    west, east = (
        next(i for i, line in enumerate(lines) if line.endswith(r)) for r in ("us-west-2", "us-east-1")
    )
    assert west < next(i for i, line in enumerate(lines) if "made in the west" in line) < east
    assert "no room in the east" in "".join(lines[east:])
    console(events.RunFinished("", False, 2.0, "deploy failed", region="us-east-1"))
    assert not console._running


def test_plain_lines_of_several_regions_say_which() -> None:
    stream = io.StringIO()
    lines = PlainLines(stream)
    for event in two_regions():
        lines(event)
    lines.close()
    assert " us-west-2 deploy        done in 1 s: made in the west" in stream.getvalue()
    assert " us-east-1 deploy        FAILED after 2 s: no room in the east" in stream.getvalue()


def test_json_of_one_region_says_no_region_and_of_several_which() -> None:
    stream = io.StringIO()
    lines = JsonLines(stream)
    lines(WAITING)
    lines(two_regions()[2])
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert "region" not in first
    assert second["region"] == "us-west-2"
