"""From one health path to another: whoever keeps the region in DNS is told the beginning and the end."""

from __future__ import annotations

import pytest
from clock import Clock

from epochctl.errors import ClusterError, DeployError, EpochctlError, Interrupted
from epochctl.steps.deploy.health_path_change import health_path_change
from epochctl.workflow.events import Event, StepProgress
from epochctl.workflow.outputs import Outputs
from epochctl.workflow.step import Context

OLD, NEW = "/health", "/up"


class Keeping:
    """Writes down what it is told. keeps: whether there is anything to keep."""

    def __init__(self, keeps: bool = True, error: EpochctlError | None = None) -> None:
        self.keeps, self.error, self.told = keeps, error, list[str]()

    def begin(self, ctx: Context) -> bool:
        self.told.append("begin")
        return self.keeps

    def end(self, ctx: Context, path: str) -> None:
        self.told.append(f"end {path}")
        if self.error:
            raise self.error


class Run:
    def __init__(self, keeping: Keeping | None) -> None:
        self.keeping, self.events = keeping, list[Event]()
        self.ctx = Context("deploy", Outputs(), self.events.append, Clock())

    def release(self, before: str, failure: Exception | None = None, present: str = OLD) -> None:
        def standing() -> str:
            if not present:
                raise ClusterError("it does not answer")
            return present

        with health_path_change(self.ctx, self.keeping, before, NEW, standing):
            if failure:
                raise failure

    @property
    def said(self) -> str:
        return "\n".join(event.message for event in self.events if isinstance(event, StepProgress))


def test_a_release_with_another_health_path_is_kept_until_it_stands() -> None:
    keeping = Keeping()
    Run(keeping).release(OLD)
    assert keeping.told == ["begin", f"end {NEW}"]


@pytest.mark.parametrize("before", [NEW, ""])
def test_the_same_path_or_the_first_release_concerns_nobody(before: str) -> None:
    keeping = Keeping()
    Run(keeping).release(before)
    assert keeping.told == []


def test_where_there_is_nothing_to_keep_nothing_is_ended() -> None:
    keeping = Keeping(keeps=False)
    Run(keeping).release(OLD)
    assert keeping.told == ["begin"]
    Run(None).release(OLD)


@pytest.mark.parametrize(
    ("present", "asked"), [(OLD, OLD), (NEW, NEW), ("", OLD)], ids=["taken back", "left", "unknown"]
)
@pytest.mark.parametrize("failure", [DeployError("no pod is ready"), Interrupted("stopped")])
def test_after_a_failure_the_checks_ask_for_what_stands(failure: Exception, present: str, asked: str) -> None:
    keeping = Keeping()
    with pytest.raises(type(failure), match=str(failure)):
        Run(keeping).release(OLD, failure, present)
    assert keeping.told == ["begin", f"end {asked}"]


def test_the_first_failure_is_the_one_that_is_told() -> None:
    run = Run(Keeping(error=EpochctlError("Route 53 does not answer")))
    with pytest.raises(DeployError):
        run.release(OLD, DeployError("no pod is ready"))
    assert "until the next epochctl up: Route 53 does not answer" in run.said
