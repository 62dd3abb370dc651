"""Commands over made-up steps: what a person reads, and the exit code."""

from __future__ import annotations

import io
import json
import os
import signal
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import Clock
from doubles import FakeClients, FakeSteps, injected
from shared_lock import SharedLock

from epochctl import outputs
from epochctl.aws.teardown_scan import Remnant
from epochctl.cli.app import run
from epochctl.errors import CredentialsError, DeployError, PreflightError, SettingsError, ToolError
from epochctl.preflight import CheckResult
from epochctl.steps.infra_up.state_drift import StateDrift, compare
from epochctl.tools.terraform import Plan
from epochctl.workflow.budget import Remaining
from epochctl.workflow.step import Context, Observation
from epochctl.workflow.waiting import SystemClock

URL = "https://epoch.example.com/"
VERIFICATION = outputs.Verification(URL, (("pods", "2 ready"),))


@dataclass
class World:
    """Two steps: one that makes something, one that only looks."""

    made: bool = False
    error: Exception | None = None
    signal: int = 0
    left: tuple[Remnant, ...] = ()
    lock: SharedLock = field(default_factory=SharedLock)
    remaining: Remaining | None = None
    log: list[str] = field(default_factory=list)
    checks: tuple[CheckResult, ...] = ()
    expires: datetime | None = None
    error_of_identity: Exception | None = None
    steps: FakeSteps | None = None
    clock: Any = SystemClock
    prompt: Any = None

    def run(self, words: list[str]) -> int:
        """Run the command line in this world."""
        return run(
            words,
            injected(
                self.steps or self.made_up(),
                clients=lambda region: FakeClients(
                    region, self.lock, self.remaining, self.left, self.expires, error=self.error_of_identity
                ),
                checks=lambda region: self.checks,
                clock=self.clock,
                prompt=self.prompt,
            ),
        )

    def made_up(self) -> FakeSteps:
        world = self

        class Make:
            name, needs, produces = "deploy", (), outputs.Release

            def observe(self, ctx: Context) -> Observation:
                if world.made:
                    return Observation(
                        outputs.Release(1, "epoch-production", "sha256:1", URL, "lb"), (), True
                    )
                return Observation(None, ("install release epoch",))

            def apply(self, ctx: Context) -> outputs.Release:
                if world.signal:
                    os.kill(os.getpid(), world.signal)
                    ctx.clock.sleep(30)
                if world.error:
                    raise world.error
                world.made = True
                world.log.append("made")
                return outputs.Release(1, "epoch-production", "sha256:1", URL, "lb")

            def destroy(self, ctx: Context) -> tuple[str, ...]:
                gone, world.made = world.made, False
                return ("release epoch",) if gone else ()

        class Look:
            name, needs, produces = "verify", (outputs.Release,), outputs.Verification

            def observe(self, ctx: Context) -> Observation:
                return Observation(None)

            def apply(self, ctx: Context) -> outputs.Verification:
                return VERIFICATION

            def destroy(self, ctx: Context) -> tuple[str, ...]:
                return ()

        return FakeSteps(deploy=Make(), verify=Look())


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("API_HOSTNAME", "epoch.example.com")
    return World()


def test_up_ends_with_the_url_and_what_to_do_next(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert world.run(["up", "--yes"]) == 0
    said = capsys.readouterr()
    assert f"{URL} answers." in said.out
    assert "epochctl status" in said.out
    assert "deploy" in said.err


@pytest.mark.parametrize(
    ("state", "there", "code", "said"),
    [
        ("", {}, 0, "Nothing is up in us-west-2: it was never brought up. To bring it up: epochctl up"),
        ('{"resources": []}', {}, 0, "Nothing is up in us-west-2: it was taken down."),
        ('{"resources": []}', {"module.network.aws_vpc.this": "vpc-1"}, 2, "create aws_vpc.this"),
    ],
)
def test_where_nothing_is_up_nothing_has_drifted(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    state: str,
    there: dict[str, str],
    code: int,
    said: str,
) -> None:
    class Infra:
        name, needs, produces = "infra-up", (), outputs.Infrastructure

        def state_drift(self) -> StateDrift:
            return compare(state, there)

        def plan(self, ctx: Context) -> Plan:
            return Plan(Path("plan"), ("create aws_vpc.this",), (), True)

    world.steps = FakeSteps(infra_up=Infra())
    assert world.run(["infra", "plan", "--if-up", "--exit-code"]) == code
    assert said in capsys.readouterr().out


def test_what_is_told_to_type_next_goes_where_this_went(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert world.run(["--entered", "up", "--yes"]) == 0
    assert "Look around: epochctl status --sandbox" in capsys.readouterr().out
    assert world.run(["--entered", "up", "--plan", "--environment", "two"]) == 0
    assert "epochctl --environment two down --sandbox removes all of it" in capsys.readouterr().out


def test_up_again_changes_nothing(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.run(["up", "--yes"])
    capsys.readouterr()
    assert world.run(["up", "--yes", "-o", "json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["changed"] for event in events if event["event"] == "step_finished"] == [False, False]
    assert (events[-1]["event"], events[-1]["url"]) == ("result", URL)


def test_plan_shows_every_change_and_makes_none(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert world.run(["up", "--plan"]) == 0
    assert "  install release epoch" in capsys.readouterr().out
    assert world.log == []


def test_plan_tells_the_cost_and_the_way_back(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert world.run(["up", "--plan"]) == 0
    out = capsys.readouterr().out
    assert "together" in out
    assert "epochctl down removes all of it" in out


def test_a_time_to_live_that_cannot_be_meant(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert world.run(["up", "--yes", "--ttl", "soon"]) == SettingsError.exit_code
    assert "30m, 4h or 2d" in capsys.readouterr().err
    assert world.log == []


@pytest.mark.parametrize(
    ("hours", "gone"), [(1, False), (None, False), (-1, True)], ids=["time left", "no time set", "expired"]
)
def test_down_expired_takes_only_what_is_past_its_time(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    hours: int | None,
    gone: bool,
) -> None:
    world.made = True
    until = None if hours is None else datetime.now(UTC) + timedelta(hours=hours)
    world.expires = until
    assert world.run(["down", "--yes", "--expired"]) == 0
    assert world.made is not gone
    assert gone or "not yet" in capsys.readouterr().out


def test_an_error_is_what_why_and_fix_with_its_exit_code(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.error = DeployError("pods crash", why="exit code 1", fix="epochctl logs")
    assert world.run(["up", "--yes"]) == DeployError.exit_code
    error = capsys.readouterr().err
    assert "error: pods crash\n  why: exit code 1\n  fix: epochctl logs\n" in error
    assert "Traceback" not in error


def test_a_trace_only_on_request(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.error = ZeroDivisionError("oops")
    assert world.run(["up", "--yes"]) == 1
    assert "Traceback" not in capsys.readouterr().err
    assert world.run(["up", "--yes", "--verbose"]) == 1
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_nothing_is_begun_without_credentials(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.error_of_identity = CredentialsError("no AWS credentials")
    world.checks = (CheckResult("identity", "fail", "no AWS credentials", error=world.error_of_identity),)
    for line in (["up", "--yes"], ["down", "--yes"], ["status"], ["lb-controller", "status"]):
        assert world.run(line) == CredentialsError.exit_code
    assert world.log == []


def test_nothing_is_begun_without_a_program(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = ToolError("helm is not installed")
    world.checks = (CheckResult("helm", "fail", "not installed", error=missing),)
    assert world.run(["up", "--yes"]) == ToolError.exit_code
    assert world.log == []


def test_every_reason_against_it_is_told_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world.checks = (
        CheckResult("quota VPCs", "fail", "1 needed, 0 free (5 of 5 in use)", "ask for more"),
        CheckResult("names", "ok", "free"),
        CheckResult("disk", "fail", "0.1 GB free", "make room"),
    )
    for line in (["up", "--yes"], ["doctor"]):
        assert world.run(line) == PreflightError.exit_code
        said = capsys.readouterr()
        assert all(word in said.out + said.err for word in ("5 of 5 in use", "make room", "ask for more"))
    assert world.log == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_in_order(world: World, number: int, capfd: pytest.CaptureFixture[str]) -> None:
    world.signal = number
    assert world.run(["up", "--yes"]) == 130
    error = capfd.readouterr().err
    assert "stopping in order" in error
    assert "stopped:" in error


def test_down_lists_what_went_and_what_stays(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.run(["up", "--yes"])
    capsys.readouterr()
    assert world.run(["down", "--yes"]) == 0
    out = capsys.readouterr().out
    assert "Removed (1):\n  release epoch\n" in out
    assert "Kept on purpose:\n  state bucket epochctl-state-123456789012-us-west-2" in out
    assert "Nothing of ours is left." in out


def test_down_fails_where_something_is_left(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world.left = (Remnant("security group sg-1"), Remnant("volume vol-1", "of another cluster"))
    world.clock = lambda stop: Clock()
    assert world.run(["down", "--yes"]) == 14
    assert "sg-1" in capsys.readouterr().err
    report = json.loads(next(tmp_path.glob(".epochctl/*/*/*/teardown.json")).read_text())
    assert report["left"] == ["security group sg-1"]
    assert report["foreign"] == ["volume vol-1: of another cluster"]


def test_what_belongs_to_another_is_named_and_fails_nothing(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world.left = (Remnant("volume vol-1", "of another cluster"),)
    assert world.run(["down", "--yes"]) == 0
    out = capsys.readouterr().out
    assert "Not ours, left alone:\n  volume vol-1: of another cluster" in out
    path = next(tmp_path.glob(".epochctl/*/*/*/teardown.txt"))
    assert f"Report: {path}" in out
    assert "Left:\n  nothing" in path.read_text()


def test_down_does_not_guess_an_answer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    world.made = True
    assert world.run(["down"]) == 3
    assert world.made


def test_verify_shows_every_layer(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.made = True
    assert world.run(["verify"]) == 0
    assert "pods                 2 ready" in capsys.readouterr().out


def test_a_single_step_needs_the_others_to_be_there(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert world.run(["verify"]) == 16
    assert "deploy is not there yet" in capsys.readouterr().err


def test_verify_with_nothing_up_blames_no_step(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Absent:
        name, needs, produces = "infra-up", (), outputs.Infrastructure

        def cached_output(self, ctx: Context) -> outputs.Infrastructure | None:
            return None

    class Verify:
        name, needs, produces = "verify", (outputs.Infrastructure,), outputs.Verification

    world.steps = FakeSteps(infra_up=Absent(), verify=Verify())
    assert world.run(["verify", "--environment", "staging"]) == 16
    told = capsys.readouterr().err
    assert "error: nothing is up in us-west-2" in told
    assert "the state of epoch-staging tells of no infrastructure" in told
    assert "fix: epochctl --environment staging up" in told


def test_wrong_settings_are_told_before_anything_happens(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert world.run(["up", "--yes", "--region", "us-wset-2"]) == 3
    assert "us-west-2" in capsys.readouterr().err


@pytest.mark.parametrize("line", [["upp"], ["up", "--nonsense"], ["up", "-o", "xml"], ["token", "--cluster"]])
def test_a_usage_error_is_2(line: list[str]) -> None:
    assert run(line) == 2


def test_the_journal_is_written(world: World, tmp_path: Path) -> None:
    world.run(["up", "--yes"])
    journal = tmp_path / ".epochctl/epoch/production/us-west-2/journal.jsonl"
    assert "run_finished" in journal.read_text()
