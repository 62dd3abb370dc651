"""What people see, compared with tests/unit/cli/screens. New ones are accepted by one command:

ACCEPT_SCREENS=1 python -m pytest tests/unit/cli/test_screens.py
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console as RichConsole

from epochctl.cli.app import _show
from epochctl.cli.output.plain import PlainLines
from epochctl.cli.output.terminal import Console
from epochctl.command import plain
from epochctl.errors import DeployError, LockedError
from epochctl.operations import status_screen
from epochctl.operations.status_screen import Fact, Screen
from epochctl.workflow import events

SCREENS = Path(__file__).with_name("screens")
STEPS = ("acm-cert", "infra-up", "build", "push", "lb-controller", "deploy", "dns", "verify")
BALANCER = "k8s-epochpro-epoch-a6dab1006d-1234567890.us-west-2.elb.amazonaws.com"


def compare(name: str, text: str) -> None:
    """With the file of that name; every trailing space of a renderer is none of ours."""
    shown = "\n".join(line.rstrip() for line in plain(text).strip("\n").splitlines()) + "\n"
    path = SCREENS / f"{name}.txt"
    if os.environ.get("ACCEPT_SCREENS"):
        path.write_text(shown)
    assert path.exists(), f"no {path.name} yet: ACCEPT_SCREENS=1 python -m pytest {__file__}"
    assert shown == path.read_text(), f"accept it: ACCEPT_SCREENS=1 python -m pytest {__file__}"


@dataclass(frozen=True)
class Pod:
    name: str
    ready: bool = True
    reason: str = ""
    phase: str = "Running"
    address: str = "10.151.64.6"
    gates_ok: bool = True


@dataclass(frozen=True)
class Target:
    address: str
    state: str
    description: str = ""
    port: int = 8080


def facts(pods: list[Pod], targets: list[Target], lock: str = "free") -> dict[str, Fact]:
    beside = {one.address: one.state for one in targets}
    return {
        "url": "https://epoch.example.com/",
        "certificate": "issued, 395 days left (until 2027-12-24)",
        "release": "revision 3 in epoch-production",
        "image": "sha256:248fd38f5086b7c5cf5f9dfbcaba43354423da8b0c66f3a64d988d1b4e1d8245",
        "pods": status_screen.pods(pods, beside),
        "targets": status_screen.targets(targets, [pod.address for pod in pods]),
        "region": "us-west-2: Kubernetes 1.36, load balancer controller v3.2.2",
        "load balancer": BALANCER,
        "name": "epoch.example.com leads there",
        "age": "3 h 05 min",
        "cost so far": "about 0.85 USD, 0.2751 an hour; prices of 2026-11-24, no traffic",
        "expires": "never (epochctl up --ttl 4h sets a time)",
        "lock": lock,
    }


def crowd(count: int) -> list[Pod]:
    troubled = Pod("epoch-cf4cfbd94-00bad", False, "CrashLoopBackOff", address="10.151.64.9")
    return [troubled, *(Pod(f"epoch-cf4cfbd94-{n:05}", address=f"10.151.65.{n}") for n in range(count - 1))]


WELL = facts(
    [Pod("epoch-cf4cfbd94-n2z4w"), Pod("epoch-cf4cfbd94-rt67m", address="10.151.80.6")],
    [Target("10.151.64.6", "healthy"), Target("10.151.80.6", "healthy")],
)
ILL = facts(
    crowd(12),
    [Target("10.151.64.9", "unhealthy", "Request timed out")]
    + [Target(f"10.151.65.{n}", "healthy") for n in range(11)],
    "ada@engine runs `epochctl deploy` (process 4711), since 4 min",
)
DUE = [f"infra-up: change aws_{kind}.this" for kind in ("eks_cluster", "eks_node_group", "vpc", "subnet")]


@pytest.mark.parametrize(
    ("name", "shown", "due"),
    [("status", WELL, []), ("status-trouble", ILL, DUE), ("status-due", WELL, DUE[:1])],
)
def test_status_is_one_screen(name: str, shown: dict[str, Fact], due: list[str]) -> None:
    lines = status_screen.lines(shown, due, Screen(80, 24))
    assert len(lines) < 24
    assert max(map(len, lines)) <= 80
    compare(name, "\n".join(lines))


def test_status_in_a_pipe_leaves_nothing_out() -> None:
    lines = status_screen.lines(ILL, DUE)
    assert sum("epoch-cf4cfbd94-" in line for line in lines) == 12
    compare("status-piped", "\n".join(lines))


@pytest.fixture
def clock() -> list[float]:
    return [1000.0]


def told(console: Any, clock: list[float]) -> None:
    """The middle of an `up`."""
    console(events.RunStarted("", "up", STEPS))
    for step in ("acm-cert", "infra-up", "build"):
        console(events.StepStarted(step, "apply"))
    clock[0] += 4.6
    console(events.StepFinished("build", True, 4.6, "build the image for linux/amd64"))
    console(events.StepWaiting("acm-cert", "ACM to issue it", "the record is not there yet", 4.0, 2700.0))
    console(events.StepProgress("infra-up", "aws_eks_cluster.this: creating, 10 s"))
    clock[0] += 83.0


def failed(console: Any, clock: list[float]) -> None:
    """How it ends where the cluster cannot be made."""
    why = "the account may have 5 clusters in us-west-2 and has 5"
    console(events.StepFailed("infra-up", 87.6, "terraform apply failed: " + why, why, "ask for more"))
    console(events.StepFinished("acm-cert", True, 88.0, "request a certificate for epoch.example.com"))
    for step in ("push", "lb-controller", "deploy", "dns", "verify"):
        console(events.StepSkipped(step, "infra-up failed"))


def tree(console: Console, columns: int, encoding: str = "utf-8") -> str:
    flat = RichConsole(file=io.TextIOWrapper(io.BytesIO(), encoding), width=columns, record=True)
    flat.print(console._tree())
    return flat.export_text()


@pytest.fixture
def console(clock: list[float]) -> Console:
    rich = RichConsole(file=io.StringIO(), width=80, force_terminal=True, no_color=True)
    made = Console("up epoch-production in us-west-2", rich, lambda: clock[0])
    made._running = True  # the screen itself is not painted here
    return made


@pytest.mark.parametrize("columns", [80, 60, 120])
def test_the_tree_fits_the_terminal_whatever_its_width(
    console: Console, clock: list[float], columns: int
) -> None:
    told(console, clock)
    text = tree(console, columns)
    assert max(map(len, text.splitlines())) <= columns
    compare(f"tree-{columns}", text)


def test_the_tree_follows_a_terminal_that_is_resized(console: Console, clock: list[float]) -> None:
    told(console, clock)
    wide, narrow, again = tree(console, 120), tree(console, 60), tree(console, 120)
    assert wide == again
    assert max(map(len, narrow.splitlines())) <= 60


def test_the_tree_of_a_failure_names_it_and_what_was_skipped(console: Console, clock: list[float]) -> None:
    told(console, clock)
    failed(console, clock)
    compare("tree-failed", tree(console, 80))


def test_what_to_do_about_a_failure_is_told_while_others_are_at_work(
    console: Console, clock: list[float]
) -> None:
    told(console, clock)
    why = "no zone here holds epoch.example.com\nadd CNAME _0af.epoch.example.com -> _1.acm-validations.aws"
    fix = "add that record, then epochctl up"
    console(events.StepFailed("acm-cert", 20.0, "no certificate can be issued as things stand", why, fix))
    compare("tree-failing", tree(console, 80))


def test_a_terminal_that_knows_ascii_only(clock: list[float]) -> None:
    rich = RichConsole(file=io.TextIOWrapper(io.BytesIO(), "ascii"), width=80, force_terminal=True)
    made = Console("up epoch-production in us-west-2", rich, lambda: clock[0])
    made._running = True
    told(made, clock)
    failed(made, clock)
    text = tree(made, 80, "ascii")
    assert text.isascii()
    compare("tree-ascii", text)


def test_no_color_is_no_color(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    stream = io.StringIO()
    rich = RichConsole(file=stream, width=80, force_terminal=True)
    made = Console("up", rich, lambda: clock[0])
    told(made, clock)
    made.close()
    colours = [f"\x1b[{code}m" for code in (31, 32, 33, 36)]
    assert [code for code in colours if code in stream.getvalue()] == []
    assert "infra-up" in stream.getvalue()


def test_lines_where_there_is_no_terminal(clock: list[float]) -> None:
    stream = io.StringIO()
    lines = PlainLines(stream, now=lambda: datetime(2026, 11, 24, 15, 22, 51, tzinfo=UTC))
    told(lines, clock)
    failed(lines, clock)
    lines.close()
    compare("lines", stream.getvalue())


def test_an_error_says_what_why_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    errors = (
        DeployError(
            "the release did not become healthy",
            why="the container keeps crashing: pod epoch-1: CrashLoopBackOff\nits last words: no such module",
            fix="epochctl logs --previous",
        ),
        LockedError(
            "another run is at work on epoch-production in us-west-2",
            why="ada@engine runs `epochctl up` (process 4711)\nsince 2026-11-24 15:22:51 UTC, 4 min ago",
            fix="wait for it: epochctl up --wait\nif it is certainly dead: epochctl unlock",
        ),
    )
    for error in errors:
        _show(error, error.what, error.exit_code, [])
    compare("errors", capsys.readouterr().err)
