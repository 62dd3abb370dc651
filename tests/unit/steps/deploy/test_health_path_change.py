"""A changed health path: the region's health check is held from before the release until after it."""

from __future__ import annotations

import pytest
from clock import Clock

from epochctl.command import Command
from epochctl.errors import ClusterError, DeployError, EpochctlError, Interrupted
from epochctl.steps.deploy.health_path_change import health_path_change
from epochctl.workflow.events import Event, StepProgress
from epochctl.workflow.outputs import Outputs
from epochctl.workflow.step import Context

OLD, NEW = "/health", "/up"


class Hold:
    """Records its calls. holds: whether there is a health check to hold."""

    def __init__(self, holds: bool = True, error: EpochctlError | None = None) -> None:
        self.holds, self.error, self.calls = holds, error, list[str]()

    def begin(self, ctx: Context) -> bool:
        self.calls.append("begin")
        return self.holds

    def end(self, ctx: Context, path: str) -> None:
        self.calls.append(f"end {path}")
        if self.error:
            raise self.error


class Run:
    def __init__(self, hold: Hold | None) -> None:
        self.hold, self.events = hold, list[Event]()
        self.ctx = Context("deploy", Outputs(), self.events.append, Clock())

    def release(self, before: str, failure: Exception | None = None, current: str = OLD) -> None:
        def path_after_failure() -> str:
            if not current:
                raise ClusterError("it does not answer")
            return current

        with health_path_change(self.ctx, self.hold, before, NEW, path_after_failure):
            if failure:
                raise failure

    @property
    def said(self) -> str:
        return "\n".join(event.message for event in self.events if isinstance(event, StepProgress))


def test_a_release_with_another_health_path_is_kept_until_it_stands() -> None:
    hold = Hold()
    Run(hold).release(OLD)
    assert hold.calls == ["begin", f"end {NEW}"]


@pytest.mark.parametrize("before", [NEW, ""])
def test_the_same_path_or_the_first_release_concerns_nobody(before: str) -> None:
    hold = Hold()
    Run(hold).release(before)
    assert hold.calls == []


def test_where_there_is_nothing_to_keep_nothing_is_ended() -> None:
    hold = Hold(holds=False)
    Run(hold).release(OLD)
    assert hold.calls == ["begin"]
    Run(None).release(OLD)


@pytest.mark.parametrize(
    ("current", "asked"), [(OLD, OLD), (NEW, NEW), ("", OLD)], ids=["taken back", "left", "unknown"]
)
@pytest.mark.parametrize("failure", [DeployError("no pod is ready"), Interrupted("stopped")])
def test_after_a_failure_the_checks_ask_for_what_stands(failure: Exception, current: str, asked: str) -> None:
    hold = Hold()
    with pytest.raises(type(failure), match=str(failure)):
        Run(hold).release(OLD, failure, current)
    assert hold.calls == ["begin", f"end {asked}"]


def test_the_first_failure_is_the_one_that_is_told() -> None:
    run = Run(Hold(error=EpochctlError("Route 53 does not answer")))
    with pytest.raises(DeployError):
        run.release(OLD, DeployError("no pod is ready"))
    assert f"until the next {Command('up')}: Route 53 does not answer" in run.said
