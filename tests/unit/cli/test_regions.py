"""Commands over two regions of made-up steps: side by side, in turn, what a person reads, the exit code."""

from __future__ import annotations

import io
import json
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from doubles import FakeClients, FakeSteps, injected
from shared_lock import SharedLock

from epochctl import outputs
from epochctl.cli.app import run
from epochctl.errors import CredentialsError, DeployError, LockedError, PreflightError, VerifyError
from epochctl.operations import status_screen
from epochctl.preflight import CheckResult
from epochctl.steps.dns.region_share import RegionShare
from epochctl.steps.verify.shared_hostname import HostnameAnswer
from epochctl.workflow.step import Context, Observation

URL = "https://epoch.example.com/"
WEST, EAST = "us-west-2", "us-east-1"
TOML = f'hostname = "epoch.example.com"\nregions = ["{WEST}", "{EAST}"]\n'


@dataclass
class Place:
    """One region: what stands there, and what goes wrong."""

    made: bool = False
    error: Exception | None = None
    wrong: Exception | None = None
    ill: bool = False
    lock: SharedLock = field(default_factory=SharedLock)


@dataclass
class World:
    """Both, and what was done in which order."""

    places: dict[str, Place] = field(default_factory=lambda: {WEST: Place(), EAST: Place()})
    log: list[tuple[str, str]] = field(default_factory=list)
    together: threading.Barrier | None = None
    checks: dict[str, tuple[CheckResult, ...]] = field(default_factory=dict)
    prompt: Any = None

    def run(self, words: list[str]) -> int:
        """Run the command line in this world."""
        answer = HostnameAnswer(URL, "10.0.0.1", EAST)
        return run(
            words,
            injected(
                self.steps,
                clients=lambda region: FakeClients(region, self.places[region].lock),
                checks=lambda region: self.checks.get(region, ()),
                shared_hostname=lambda settings: SimpleNamespace(ask=lambda ctx: answer),
                prompt=self.prompt,
            ),
        )

    def steps(self, region: str) -> FakeSteps:
        world, place = self, self.places.setdefault(region, Place())

        class Make:
            name, needs, produces = "deploy", (), outputs.Release

            def observe(self, ctx: Context) -> Observation:
                if place.made:
                    return Observation(_release(), (), True)
                return Observation(None, ("install release epoch",))

            def apply(self, ctx: Context) -> outputs.Release:
                if world.together:
                    world.together.wait(10)
                world.log.append(("deploy", region))
                if place.error:
                    raise place.error
                place.made = True
                return _release()

            def destroy(self, ctx: Context) -> tuple[str, ...]:
                world.log.append(("remove", region))
                gone, place.made = place.made, False
                return ("release epoch",) if gone else ()

        class Name:
            name, needs, produces = "dns", (outputs.Release,), outputs.DnsRecord

            def observe(self, ctx: Context) -> Observation:
                return Observation(outputs.DnsRecord("epoch.example.com", "lb", managed=True), (), place.made)

            def apply(self, ctx: Context) -> outputs.DnsRecord:
                return outputs.DnsRecord("epoch.example.com", "lb", managed=True)

            def destroy(self, ctx: Context) -> tuple[str, ...]:
                world.log.append(("drain", region))
                return (f"record of {region}",) if place.made else ()

            def wait_for_clients_to_leave(self, ctx: Context) -> None:
                world.log.append(("wait", ctx.step))

            def shares(self) -> tuple[RegionShare, ...]:
                return tuple(
                    RegionShare(region, "latency", healthy=not one.ill)
                    for region, one in world.places.items()
                    if one.made
                )

        class Look:
            name, needs, produces = "verify", (outputs.Release, outputs.DnsRecord), outputs.Verification

            def observe(self, ctx: Context) -> Observation:
                return Observation(None)

            def apply(self, ctx: Context) -> outputs.Verification:
                world.log.append(("verify", region))
                if place.wrong:
                    raise place.wrong
                return outputs.Verification(URL, (("pods", f"2 ready in {region}"),))

            def destroy(self, ctx: Context) -> tuple[str, ...]:
                return ()

        return FakeSteps(deploy=Make(), dns=Name(), verify=Look())

    def did(self, what: str) -> list[str]:
        return [region for each, region in self.log if each == what]


def _release() -> outputs.Release:
    return outputs.Release(1, "epoch-production", "sha256:1", URL, "lb")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    (tmp_path / "epochctl.toml").write_text(TOML)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    return World()


def result(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return found


def test_up_brings_regions_up_side_by_side(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.together = threading.Barrier(2)  # breaks where one waits for the other to end
    assert world.run(["up", "--yes"]) == 0
    said = capsys.readouterr()
    assert f"{URL} answers from {WEST}, {EAST}." in said.out
    assert f"{EAST} deploy        done" in said.err


def test_each_region_has_its_own_journal_and_lock(world: World, tmp_path: Path) -> None:
    world.run(["up", "--yes"])
    for region in (WEST, EAST):
        files = tmp_path / ".epochctl/epoch/production" / region
        assert "run_finished" in (files / "journal.jsonl").read_text()
        assert '"ended": "ok"' in (files / "run.lock").read_text()


def test_one_that_fails_stops_no_other_and_is_named_with_its_repair(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world.places[WEST].error = DeployError("pods crash", why="exit code 1", fix="epochctl logs")
    assert world.run(["up", "--yes"]) == DeployError.exit_code
    said = capsys.readouterr()
    assert world.places[EAST].made
    assert f"{WEST}: FAILED: pods crash" in said.out
    assert f"{URL} answers from {EAST}." in said.out
    assert f"error: up failed in 1 of 2 regions: {WEST}" in said.err
    assert f"{WEST}: pods crash\n         exit code 1\n         next: epochctl logs" in said.err
    assert f"fix: epochctl up --region {WEST}" in said.err
    ended = {region: _ended(tmp_path, region) for region in (WEST, EAST)}
    assert ended == {WEST: "failed", EAST: "ok"}


def _ended(directory: Path, region: str) -> str:
    lock = directory / ".epochctl/epoch/production" / region / "run.lock"
    return str(json.loads(lock.read_text())["ended"])


def test_up_of_one_region_repairs_it_and_looks_like_one(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.places[EAST].made = True
    assert world.run(["up", "--yes", "--region", WEST]) == 0
    said = capsys.readouterr()
    assert world.did("deploy") == [WEST]
    assert said.out == f"\n{URL} answers.\nLook around: epochctl --region {WEST} status\n"
    assert WEST not in said.err


def test_what_is_the_same_everywhere_is_said_once(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    fact = CheckResult(
        "identity", "fail", "none", error=CredentialsError("no AWS credentials", fix="sign in")
    )
    world.checks = dict.fromkeys((WEST, EAST), (fact,))
    assert world.run(["up", "--yes"]) == CredentialsError.exit_code
    assert "error: no AWS credentials\n  fix: sign in\n" in capsys.readouterr().err
    assert world.log == []


def test_a_region_that_would_not_get_through_is_left_out(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.checks = {EAST: (CheckResult("quota VPCs", "fail", "5 of 5"),)}
    assert world.run(["up", "--yes"]) == PreflightError.exit_code
    assert world.did("deploy") == [WEST]
    assert f"{EAST}: " in capsys.readouterr().err


def test_a_region_locked_by_somebody_else_is_left_out(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.places[EAST].lock = SharedLock("somebody else's")
    assert world.run(["up", "--yes"]) == LockedError.exit_code
    assert world.did("deploy") == [WEST]
    assert f"another run is at work on epoch-production in {EAST}" in capsys.readouterr().err


def test_plan_is_one_for_all_regions_with_the_sum_of_the_cost(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.places[WEST].made = True
    assert world.run(["up", "--plan"]) == 0
    out = capsys.readouterr().out
    assert f"{EAST}:\n  deploy:\n    install release epoch\n" in out
    assert "  together" in out
    assert out.count("epochctl down removes all of it") == 1
    assert world.log == []
    world.run(["up", "--plan", "-o", "json"])
    told = result(capsys)
    assert told["regions"][EAST]["due"] == {"deploy": ["install release epoch"]}
    parts = [told["regions"][region]["cost"]["hourly"] for region in (WEST, EAST)]
    assert told["cost"]["hourly"] == pytest.approx(sum(parts), abs=1e-3)


def test_events_say_their_region(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert world.run(["up", "--yes", "-o", "json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {each["region"] for each in events[:-1]} == {WEST, EAST}
    assert events[-1]["event"] == "result"
    assert {region: each["ok"] for region, each in events[-1]["regions"].items()} == {WEST: True, EAST: True}


def test_deploy_goes_region_by_region_and_verifies_between(world: World) -> None:
    assert world.run(["deploy"]) == 0
    assert world.log == [("deploy", WEST), ("verify", WEST), ("deploy", EAST), ("verify", EAST)]


@pytest.mark.parametrize("where", ["error", "wrong"])
def test_deploy_stops_at_the_first_region_that_fails(
    world: World, capsys: pytest.CaptureFixture[str], where: str
) -> None:
    setattr(world.places[WEST], where, DeployError("crash") if where == "error" else VerifyError("no TLS"))
    assert world.run(["deploy"]) == (DeployError.exit_code if where == "error" else VerifyError.exit_code)
    assert world.did("deploy") == [WEST]
    said = capsys.readouterr()
    assert f"{EAST}: not reached" in said.out
    assert f"deploy failed in 1 of 2 regions: {WEST}" in said.err
    assert "fix: epochctl deploy\n" in said.err


def test_verify_checks_every_region_then_the_name(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    for place in world.places.values():
        place.made = True
    assert world.run(["verify"]) == 0
    out = capsys.readouterr().out
    assert f"{WEST}:\n  pods                 2 ready in {WEST}\n" in out
    assert out.endswith(f"{URL} answers, from {EAST}.\n")


def test_verify_still_asks_the_others_and_the_name_where_one_region_is_wrong(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    for place in world.places.values():
        place.made = True
    world.places[WEST].wrong = VerifyError("target health: 0 of 2")
    assert world.run(["verify"]) == VerifyError.exit_code
    out = capsys.readouterr().out
    assert f"{WEST}: FAILED: target health: 0 of 2" in out
    assert f"answers, from {EAST}" in out


def test_down_takes_every_region_down_without_a_wait(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    for place in world.places.values():
        place.made = True
    assert world.run(["down", "--yes"]) == 0
    assert not any(place.made for place in world.places.values())
    assert world.did("wait") == []
    assert capsys.readouterr().out.count("Nothing of ours is left.") == 2


def test_down_of_one_region_sends_clients_away_first(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    for place in world.places.values():
        place.made = True
    assert world.run(["down", "--yes", "--region", EAST]) == 0
    assert [what for what, _ in world.log][:3] == ["drain", "wait", "drain"]
    assert world.did("remove") == [EAST]
    assert world.places[WEST].made
    assert f"  record of {EAST}\n  release epoch\n" in capsys.readouterr().out


def test_down_of_a_region_with_nothing_in_it_waits_for_nobody(world: World) -> None:
    world.places[WEST].made = True
    assert world.run(["down", "--yes", "--region", EAST]) == 0
    assert world.did("wait") == []


def test_a_region_that_left_the_settings_can_be_removed_not_made(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "epochctl.toml").write_text(TOML.replace(f', "{EAST}"', ""))
    world.places[WEST].made = world.places[EAST].made = True
    for line in (["up", "--yes"], ["deploy"], ["infra", "up"]):
        assert world.run([*line, "--region", EAST]) == 3
        assert f"epochctl down --region {EAST}" in capsys.readouterr().err
    assert world.run(["down", "--yes", "--region", EAST]) == 0
    assert world.did("wait") == ["dns"]
    assert not world.places[EAST].made


def test_commands_for_one_region_ask_which(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    for line in (["logs"], ["kubeconfig"], ["token"], ["exec", "--", "true"], ["rollback", "2", "--yes"]):
        assert world.run(line) == 3
        error = capsys.readouterr().err
        assert f"there are {WEST}, {EAST}" in error
        assert f"--region {WEST}" in error


def test_resume_goes_on_with_the_region_that_is_not_finished(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.places[WEST].error = DeployError("pods crash")
    world.run(["up", "--yes"])
    world.places[WEST].error = None
    world.log.clear()
    assert world.run(["resume", "--yes"]) == 0
    assert world.did("deploy") == [WEST]
    assert f"going on with: epochctl up --region={WEST}" in capsys.readouterr().err


def test_a_whole_run_that_failed_is_resumed_as_one(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    for place in world.places.values():
        place.error = DeployError("pods crash")
    world.run(["up", "--yes"])
    for place in world.places.values():
        place.error = None
    capsys.readouterr()
    assert world.run(["resume", "--yes"]) == 0
    assert "going on with: epochctl up\n" in capsys.readouterr().err
    assert all(place.made for place in world.places.values())
    assert world.run(["resume"]) == 0
    assert "Nothing to resume" in capsys.readouterr().out


def test_the_last_region_that_answers_is_not_taken_away_unasked(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.places[WEST].made = world.places[WEST].ill = world.places[EAST].made = True
    assert world.run(["down", "--yes", "--region", EAST]) == VerifyError.exit_code
    said = capsys.readouterr().err
    assert f"{EAST} is the last region that answers for epoch.example.com" in said
    assert f"{WEST} would not answer now" in said
    assert f"epochctl up --region {WEST}\n" in said
    assert said.endswith("to take the whole service down: epochctl down\n")
    assert world.did("remove") == []
    assert world.run(["down", "--yes"]) == 0  # all of it was meant


def test_where_nobody_is_healthy_clients_are_sent_everywhere_and_given_time(world: World) -> None:
    for place in world.places.values():
        place.made = place.ill = True
    assert world.run(["down", "--yes", "--region", EAST]) == 0
    assert world.did("wait") == ["dns"]


def test_a_region_that_left_the_settings_goes_when_the_others_stand(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "epochctl.toml").write_text(TOML.replace(f', "{EAST}"', ""))
    world.places[EAST].made = True
    assert world.run(["up", "--plan"]) == 0
    out = capsys.readouterr().out
    assert f"{EAST}: is no longer in regions: drained and removed" in out
    assert "To do it: epochctl up" in out
    assert world.run(["up", "--yes"]) == 0
    done = [what for what, _ in world.log]
    assert done[:3] == ["deploy", "verify", "drain"]
    assert done.index("wait") < done.index("remove")
    assert world.did("remove") == [EAST]
    out = capsys.readouterr().out
    assert f"{URL} answers from {WEST}." in out
    assert f"{EAST}:\n" in out
    assert "Nothing of ours is left." in out
    assert world.run(["up", "--yes"]) == 0
    assert capsys.readouterr().out == f"\n{URL} answers.\nLook around: epochctl status\n"


def test_nothing_is_removed_while_another_region_is_not_well(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "epochctl.toml").write_text(TOML.replace(f', "{EAST}"', ""))
    world.places[EAST].made = True
    world.places[WEST].error = DeployError("pods crash")
    assert world.run(["up", "--yes"]) == DeployError.exit_code
    assert world.did("remove") == []
    assert world.places[EAST].made
    assert f"{EAST}: not reached" in capsys.readouterr().out


def test_three_regions_are_one_screen() -> None:
    screen = status_screen.Screen(80, 24)
    facts: dict[str, status_screen.Fact] = dict.fromkeys(
        ("url", "image", "age", "release", "lock"), "x" * 100
    )
    facts |= {"pods": ("2 of 2 ready", "one", "two"), "targets": ("2 of 2 healthy",), "name": "leads there"}
    lines = status_screen.short(facts, ["deploy: this", "dns: that"], screen)
    assert 3 * (len(lines) + 2) <= screen.rows
    assert max(map(len, lines)) + 2 <= screen.columns
    assert "pods           2 of 2 ready" in lines
    assert "due            deploy: this and 1 more" in lines
