"""Runs one command in several regions, in parallel or one after the other.

A region that fails does not stop the others. With a single region an error is raised and a result is shown
as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TypeVar

from epochctl.config.settings import Settings
from epochctl.operations import region_results
from epochctl.operations.presenter import Presenter, Prompt
from epochctl.operations.region_results import Output, RegionPresenter, RegionResult
from epochctl.operations.run import Run
from epochctl.operations.run_lock import HeldLock, hold
from epochctl.workflow.outputs import Outputs
from epochctl.workflow.step import Context

T = TypeVar("T")


class AllRegionsFailedError(Exception):
    """No region is left to go on with. Never shown: RegionRunner.finish raises the reason."""


class RegionRunner:
    """The Run of each region, and the outcome of each."""

    def __init__(
        self, settings: Settings, runs: tuple[Run, ...], presenter: Presenter, prompt: Prompt, title: str
    ) -> None:
        self.settings, self.presenter, self.prompt, self.title = settings, presenter, prompt, title
        self.command = title  # as `resume` must type it
        self.runs = runs
        self.delisted: tuple[Run, ...] = ()  # regions that the settings no longer list
        self.failures: dict[str, Exception] = {}
        self.not_reached: tuple[str, ...] = ()
        self._skipped: set[str] = set()
        self._output, self._shown = Output(), False
        if not self.is_single:
            self._separate()

    @property
    def is_single(self) -> bool:
        """Whether there is one region only."""
        return len(self.runs) == 1 and not self.delisted

    @property
    def first(self) -> Run:
        """The run to use for what is the same in every region."""
        return self.runs[0]

    @property
    def healthy(self) -> tuple[Run, ...]:
        """The runs that have neither failed nor been skipped."""
        out = {*self.failures, *self._skipped}
        return tuple(run for run in self.runs if run.region not in out)

    @property
    def description(self) -> str:
        """Name, environment, regions and account, for a question."""
        regions = ", ".join(run.region for run in self.healthy)
        return f"{self.settings.full_name} in {regions} (account {self.first.clients.account_id()})"

    def in_region(self, region: str) -> Run:
        """Return the run of that region, or the first one if there is none."""
        return next((run for run in self.runs if run.region == region), self.first)

    def run_parallel(self, work: Callable[[Run], T], among: tuple[Run, ...] | None = None) -> dict[str, T]:
        """Call `work` for each healthy region (or for `among`) in parallel; return its results by region."""
        runs = self.healthy if among is None else among
        if self.is_single:
            return {run.region: work(run) for run in runs}
        with ThreadPoolExecutor(max(1, len(runs)), thread_name_prefix="region") as pool:
            under_way = {pool.submit(work, run): run.region for run in runs}
            _await(under_way)
        given = {region: future.result() for future, region in under_way.items() if not future.exception()}
        self._record({region: future.exception() for future, region in under_way.items()})
        return given

    def run_sequentially(self, work: Callable[[Run], T]) -> dict[str, T]:
        """Call `work` for each healthy region in the order of the settings; stop at the first failure."""
        given: dict[str, T] = {}
        order = [run.region for run in self.healthy]
        for run in self.healthy:
            if self.failures:
                break
            try:
                given[run.region] = work(run)
            except Exception as error:
                if self.is_single:
                    raise
                self.failures[run.region] = error
        self.not_reached = tuple(each for each in order if each not in given and each not in self.failures)
        self._record({})
        return given

    def skip(self, regions: Iterable[str]) -> None:
        """Leave these regions out of what follows; they have not failed."""
        self._skipped |= set(regions)

    def add_delisted(self, regions: Iterable[str]) -> None:
        """Add regions that are to be torn down when all others are healthy."""
        base = replace(self.first, presenter=self.presenter, among_others=False)
        self.delisted = tuple(replace(base, region=region) for region in regions)
        if not self.is_single:
            self._separate()

    @contextmanager
    def locked(self, command: str, wait: str | None = None) -> Iterator[None]:
        """Hold the lock of each region. A region that another run has locked fails."""
        held: dict[str, HeldLock] = {}
        self.command, complete = command, False
        try:
            self._hold(held, command, wait)
            yield
            complete = True
        finally:
            self._release(held, complete)

    def show_result(self, fields: dict[str, object], lines: tuple[str, ...]) -> None:
        """Show the same result for one region and for several."""
        if self.is_single:
            self.presenter.result(fields, lines)
        else:
            self.add_summary(fields, lines)

    def add_summary(self, fields: Mapping[str, object], lines: tuple[str, ...]) -> None:
        """Add what concerns all regions together; it is shown at the end."""
        self._output = Output({**self._output.fields, **fields}, (*self._output.lines, *lines))

    def context(self, name: str) -> Context:
        """Return a context for work that concerns no single region."""
        dependencies = self.first.dependencies
        return Context(name, Outputs(), self.presenter, dependencies.clock(dependencies.stop))

    def show_regions(self) -> None:
        """Show the outcome of each region, once."""
        results = self._results()
        something = self.failures or self._output.lines or any(one.output.lines for one in results)
        if something and not self._shown:
            fields = {"regions": {one.region: one.fields for one in results}, **self._output.fields}
            self.presenter.result(fields, (*region_results.blocks(results), *self._output.lines))
        self._shown = True

    def finish(self) -> None:
        """Show the outcome of several regions. Raises what went wrong, as one error."""
        if self.is_single:
            return
        self.show_regions()
        if self.failures:
            raise region_results.failure(self._results())

    def _results(self) -> tuple[RegionResult, ...]:
        ended = region_results.results(self.runs, self.command, self.failures, self.not_reached)
        waiting = [one.region for one in self.delisted if not region_results.output_of(one).lines]
        return (*ended, *region_results.results(self.delisted, "down", self.failures, waiting))

    def _separate(self) -> None:
        self.runs = tuple(map(_with_region_presenter, self.runs))
        self.delisted = tuple(map(_with_region_presenter, self.delisted))

    def _hold(self, held: dict[str, HeldLock], command: str, wait: str | None) -> None:
        """In alphabetical order: two runs that wait for locks never wait for each other."""
        for run in sorted(self.healthy, key=lambda run: run.region):

            def take(run: Run = run) -> None:
                held[run.region] = hold(run, command, wait)

            self._attempt(run.region, take)
        self._record({})

    def _release(self, held: dict[str, HeldLock], complete: bool) -> None:
        """Release each lock with the outcome of its region, which the next run reads."""
        for region, one in held.items():
            good = complete and region not in self.failures and region not in self.not_reached
            self._attempt(region, partial(one.release, "ok" if good else "failed"))

    def _attempt(self, region: str, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            if self.is_single:
                raise
            self.failures.setdefault(region, error)

    def _record(self, errors: dict[str, BaseException | None]) -> None:
        for region, error in errors.items():
            if isinstance(error, Exception):
                self.failures.setdefault(region, error)
        if self.failures and not self.healthy:
            raise AllRegionsFailedError


def _with_region_presenter(run: Run) -> Run:
    if run.among_others:
        return run
    return replace(run, presenter=RegionPresenter(run.presenter, run.region), among_others=True)


def _await(under_way: dict[Future[T], str]) -> None:
    """A timeout keeps the main thread able to run signal handlers on every platform."""
    left = set(under_way)
    while left:
        left = wait(left, timeout=0.2, return_when=FIRST_COMPLETED).not_done
