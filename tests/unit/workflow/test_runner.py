"""Up, plan and down over made-up steps: what runs, what is skipped and why, what stops it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import pytest

from epochctl.errors import DeployError, Interrupted, NotFoundError
from epochctl.workflow.events import (
    Event,
    RunFinished,
    StepFailed,
    StepFinished,
    StepPlanned,
    StepProgress,
    StepSkipped,
)
from epochctl.workflow.runner import Runner
from epochctl.workflow.step import Context, Observation
from epochctl.workflow.waiting import SystemClock


@dataclass(frozen=True)
class Net: ...


@dataclass(frozen=True)
class Cert: ...


@dataclass(frozen=True)
class App: ...


@dataclass
class Fake:
    """A step over a world that is a set of names."""

    name: str
    produces: Any
    needs: Any = ()
    world: set[str] = field(default_factory=set)
    changes: tuple[str, ...] = ()
    error: Exception | None = None
    log: list[str] = field(default_factory=list)
    meet: threading.Barrier | None = None

    def observe(self, ctx: Context) -> Observation:
        self.log.append(f"observe {self.name}")
        there = self.name in self.world
        changes = self.changes if there else (f"make {self.name}",)
        return Observation(self.produces() if there else None, changes, there)

    def apply(self, ctx: Context) -> Any:
        self.log.append(f"apply {self.name}")
        if self.meet is not None:
            self.meet.wait(5)
        if self.error is not None:
            raise self.error
        self.world.add(self.name)
        return self.produces()

    def destroy(self, ctx: Context) -> tuple[str, ...]:
        self.log.append(f"destroy {self.name}")
        if self.error is not None:
            raise self.error
        return (f"the {self.name}",) if self.name in self.world else ()


@pytest.fixture
def parts() -> dict[str, Fake]:
    world: set[str] = set()
    log: list[str] = []
    return {
        "net": Fake("net", Net, (), world, log=log),
        "cert": Fake("cert", Cert, (), world, log=log),
        "app": Fake("app", App, (Net, Cert), world, log=log),
    }


def runner(
    parts: dict[str, Fake], seen: list[Event] | None = None, stop: threading.Event | None = None
) -> Runner:
    emit = seen.append if seen is not None else (lambda event: None)
    return Runner(list(parts.values()), emit, SystemClock(stop), stop)


def of(kind: type, seen: list[Event]) -> list[Any]:
    return [event for event in seen if isinstance(event, kind)]


def test_up_makes_everything_and_publishes_it(parts: dict[str, Fake]) -> None:
    result = runner(parts).up().check()
    assert parts["app"].world == {"net", "cert", "app"}
    assert result.outputs.get(App) == App()


def test_up_again_applies_nothing(parts: dict[str, Fake]) -> None:
    runner(parts).up()
    parts["app"].log.clear()
    seen: list[Event] = []
    runner(parts, seen).up().check()
    assert not [line for line in parts["app"].log if line.startswith("apply")]
    assert [event.changed for event in of(StepFinished, seen)] == [False, False, False]


def test_up_applies_a_step_that_is_there_but_differs(parts: dict[str, Fake]) -> None:
    parts["net"].world.update({"net", "cert", "app"})
    parts["net"].changes = ("one subnet",)
    runner(parts).up().check()
    assert [line for line in parts["net"].log if line.startswith("apply")] == ["apply net"]


def test_steps_without_an_edge_run_side_by_side(parts: dict[str, Fake]) -> None:
    parts["net"].meet = parts["cert"].meet = threading.Barrier(
        2
    )  # each waits for the other: in turn they would break
    runner(parts).up().check()


def test_a_failure_lets_siblings_finish_and_skips_what_needed_it(parts: dict[str, Fake]) -> None:
    parts["net"].error = DeployError("no room", why="quota", fix="ask for more")
    seen: list[Event] = []
    result = runner(parts, seen).up()
    assert "cert" in parts["cert"].world
    assert [(event.step, event.reason) for event in of(StepSkipped, seen)] == [("app", "net failed")]
    assert [(event.what, event.why, event.fix) for event in of(StepFailed, seen)] == [
        ("no room", "quota", "ask for more")
    ]
    assert not of(RunFinished, seen)[0].ok
    with pytest.raises(DeployError, match="no room"):
        result.check()


def test_plan_changes_nothing_and_says_what_it_waits_for(parts: dict[str, Fake]) -> None:
    parts["cert"].world.add("cert")
    seen: list[Event] = []
    runner(parts, seen).plan().check()
    planned = {event.step: (event.changes, event.deferred_on) for event in of(StepPlanned, seen)}
    assert planned == {"net": (("make net",), ()), "cert": ((), ()), "app": ((), ("Net",))}
    assert parts["net"].world == {"cert"}


def test_only_the_named_step_is_applied(parts: dict[str, Fake]) -> None:
    parts["net"].world.update({"net", "cert"})
    parts["net"].changes = ("drift",)
    runner(parts).up(only=("app",)).check()
    assert [line for line in parts["app"].log if line.startswith("apply")] == ["apply app"]


def test_a_step_that_tells_its_output_at_once_is_not_observed(parts: dict[str, Fake]) -> None:
    told: list[str] = []

    class Quick(Fake):
        def cached_output(self, ctx: Context) -> Any:
            told.append(self.name)
            return self.produces()

    parts["net"] = Quick("net", Net, world=parts["net"].world, log=parts["net"].log)
    parts["net"].world |= {"cert"}
    runner(parts).up(only=("app",)).check()
    assert told == ["net"]
    assert "observe net" not in parts["net"].log


def test_the_named_step_says_what_it_misses(parts: dict[str, Fake]) -> None:
    with pytest.raises(NotFoundError, match="net is not there yet"):
        runner(parts).up(only=("app",)).check()


def test_down_destroys_users_first_and_lists_what_went(parts: dict[str, Fake]) -> None:
    runner(parts).up()
    down = runner(parts)
    down.survey()
    result = down.down().check()
    order = [line for line in parts["app"].log if line.startswith("destroy")]
    assert order[0] == "destroy app"
    assert sorted(order[1:]) == ["destroy cert", "destroy net"]
    assert sorted(result.removed) == ["the app", "the cert", "the net"]


def test_down_keeps_what_a_failed_removal_still_stands_on(parts: dict[str, Fake]) -> None:
    runner(parts).up()
    parts["app"].error = DeployError("it will not go")
    seen: list[Event] = []
    down = runner(parts, seen)
    down.survey()
    with pytest.raises(DeployError):
        down.down().check()
    assert {event.step for event in of(StepSkipped, seen)} == {"net", "cert"}


def test_survey_goes_on_where_a_step_cannot_be_observed(parts: dict[str, Fake]) -> None:
    class Blind(Fake):
        def observe(self, ctx: Context) -> Observation:
            raise DeployError("no answer")

    parts["net"] = Blind("net", Net)
    parts["cert"].world.add("cert")
    seen: list[Event] = []
    result = runner(parts, seen).survey().check()
    assert set(result.seen) == {"cert"}
    assert "no answer" in of(StepProgress, seen)[0].message


def test_a_stopped_run_starts_nothing_more_and_is_interrupted(parts: dict[str, Fake]) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Interrupted):
        runner(parts, stop=stop).up().check()
    assert parts["net"].log == []


def test_interrupted_wins_over_other_failures(parts: dict[str, Fake]) -> None:
    parts["net"].error = DeployError("broken")
    parts["cert"].error = Interrupted("stopped")
    with pytest.raises(Interrupted):
        runner(parts).up().check()


def test_a_step_that_publishes_the_wrong_type_is_a_mistake_in_the_program(parts: dict[str, Fake]) -> None:
    parts["net"].apply = lambda ctx: Cert()  # type: ignore[method-assign]
    with pytest.raises(TypeError, match="net must publish Net, not Cert"):
        runner(parts).up().check()


@dataclass
class Built(Fake):
    """One that can be seen without what it was made of."""

    def discover(self, ctx: Context) -> Any:
        return self.produces() if self.name in self.world else None


@dataclass(frozen=True)
class Seen: ...


@pytest.fixture
def elsewhere(parts: dict[str, Fake]) -> dict[str, Fake]:
    """The app is up; what it was made of is not on this machine."""
    world, log = parts["net"].world, parts["net"].log
    parts["app"] = Built("app", App, (Net, Cert), world, log=log)
    parts["look"] = Fake("look", Seen, (App, Net), world, log=log)
    world |= {"net", "app"}
    return parts


def test_what_stands_is_seen_without_what_it_is_made_of(elsewhere: dict[str, Fake]) -> None:
    result = runner(elsewhere).survey().check()
    assert result.outputs.get(App) == App()
    assert result.seen["app"].exists
    assert not result.seen["cert"].exists


def test_a_single_step_needs_what_stands_as_it_is(elsewhere: dict[str, Fake]) -> None:
    result = runner(elsewhere).up(only=("look",)).check()
    assert result.outputs.get(Seen) == Seen()
    assert elsewhere["net"].log == ["observe net", "observe look", "apply look"]


def test_where_nothing_stands_what_is_missing_is_named(elsewhere: dict[str, Fake]) -> None:
    elsewhere["app"].world.discard("app")
    with pytest.raises(NotFoundError, match="cert is not there yet"):
        runner(elsewhere).up(only=("look",)).check()
