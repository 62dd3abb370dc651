"""The plan that a person agreed to is the plan that is applied: a change in between is asked about again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from doubles import FakeSteps, ScriptedPrompt, injected

from epochctl import outputs
from epochctl.cli.app import run
from epochctl.errors import Interrupted, ReviewError
from epochctl.workflow.step import Context, Observation

URL = "https://epoch.example.com/"
WEST, EAST = "us-west-2", "us-east-1"
RELEASE = outputs.Release(1, "epoch-production", "sha256:1", URL, "lb")


@dataclass
class Account:
    """The changes that are due in one region, as its only step that changes something sees them."""

    due: tuple[str, ...] = ("create VPC",)
    detail: str = ""
    applied: list[tuple[str, ...]] = field(default_factory=list)

    def steps(self) -> FakeSteps:
        account = self

        class Deploy:
            name, needs, produces = "deploy", (), outputs.Release

            def observe(self, ctx: Context) -> Observation:
                detail = account.detail
                return Observation(RELEASE, account.due, True, identify=lambda: detail)

            def apply(self, ctx: Context) -> outputs.Release:
                account.applied.append(account.due)
                account.due = ()
                return RELEASE

        class Verify:
            name, needs, produces = "verify", (outputs.Release,), outputs.Verification

            def observe(self, ctx: Context) -> Observation:
                return Observation(None)

            def apply(self, ctx: Context) -> outputs.Verification:
                return outputs.Verification(URL, ())

        return FakeSteps(deploy=Deploy(), verify=Verify())


@dataclass
class World:
    """The accounts by region, and a person who answers; something may happen before an answer is given."""

    regions: tuple[str, ...]
    prompt: ScriptedPrompt = field(default_factory=ScriptedPrompt)
    accounts: dict[str, Account] = field(default_factory=lambda: {WEST: Account(), EAST: Account()})

    def up(self, *answers: bool, meanwhile: Callable[[], None] = lambda: None, **more: Any) -> int:
        """Run `up`; meanwhile: what somebody does before the first answer."""
        happened: list[str] = []

        def before(question: str) -> None:
            if not happened:
                meanwhile()
            happened.append(question)

        self.prompt.answers, self.prompt.before = list(answers), before
        steps = {region: account.steps() for region, account in self.accounts.items()}
        return run(["up"], injected(lambda region: steps[region], prompt=self.prompt, **more))

    @property
    def applied(self) -> list[tuple[str, ...]]:
        return [each for region in self.regions for each in self.accounts[region].applied]


@pytest.fixture(params=[(WEST,), (WEST, EAST)], ids=["one region", "two regions"])
def world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    regions: tuple[str, ...] = request.param
    listed = ", ".join(f'"{region}"' for region in regions)
    (tmp_path / "epochctl.toml").write_text(f'hostname = "epoch.example.com"\nregions = [{listed}]\n')
    monkeypatch.chdir(tmp_path)
    return World(regions)


def test_what_was_agreed_to_is_applied_after_one_question(world: World) -> None:
    assert world.up(True) == 0
    assert len(world.prompt.asked) == 1
    assert world.applied == [("create VPC",)] * len(world.regions)


def test_a_changed_account_is_shown_and_asked_about_again(world: World) -> None:
    west = world.accounts[WEST]

    def somebody() -> None:
        west.due = ("create VPC", "delete cluster")

    assert world.up(True, True, meanwhile=somebody) == 0
    assert len(world.prompt.asked) == 2
    assert "delete cluster" not in world.prompt.shown[0]
    assert "delete cluster" in "\n".join(world.prompt.shown[1:])
    assert west.applied == [("create VPC", "delete cluster")]


def test_a_no_to_the_new_plan_changes_nothing_there(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    west = world.accounts[WEST]

    def somebody() -> None:
        west.due = ("delete cluster",)

    assert world.up(True, False, meanwhile=somebody) == Interrupted.exit_code
    assert west.applied == []
    assert "the new plan was not applied" in capsys.readouterr().err


def test_changes_that_read_the_same_and_do_something_else_are_noticed(world: World) -> None:
    west = world.accounts[WEST]

    def somebody() -> None:
        west.detail = "another instance type"

    assert world.up(True, True, meanwhile=somebody) == 0
    assert len(world.prompt.asked) == 2


def test_what_somebody_else_did_already_needs_no_question(world: World) -> None:
    west = world.accounts[WEST]

    def somebody() -> None:
        west.due = ()

    assert world.up(True, meanwhile=somebody) == 0
    assert west.applied == []


def test_where_nobody_can_be_asked_again_it_is_refused(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    west = world.accounts[WEST]

    def somebody() -> None:
        west.due = ("delete cluster",)
        world.prompt.is_interactive = False  # the terminal is gone

    assert world.up(True, meanwhile=somebody) == ReviewError.exit_code
    assert west.applied == []
    assert "is not the one that you agreed to" in capsys.readouterr().err


def test_questions_about_an_account_that_never_rests_come_to_an_end(world: World) -> None:
    west = world.accounts[WEST]

    def before(question: str) -> None:
        west.due = (*west.due, "one more")

    world.prompt.answers, world.prompt.before = [True] * 9, before
    steps = {region: account.steps() for region, account in world.accounts.items()}
    code = run(["up"], injected(lambda region: steps[region], prompt=world.prompt))
    assert code == ReviewError.exit_code
    assert west.applied == []
    assert len(world.prompt.asked) < 9
