"""The regions of one command, side by side or in turn: what fails in one takes only that one out.

Knows no command's meaning. With one region nothing of it is noticed: what is raised there is raised, what is
said there is said as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from epochctl.operations import region_results
from epochctl.operations.region_results import Output, RegionPresenter, RegionResult
from epochctl.operations.run import Run

if TYPE_CHECKING:
    from epochctl.cli.output.presenter import Presenter
    from epochctl.config.settings import Settings
    from epochctl.operations.run_lock import Held
    from epochctl.workflow.step import Context

T = TypeVar("T")


class AllRegionsFailedError(Exception):
    """Every region is out: what follows would be for none. Never shown; the fleet's end says why."""


class RegionRunner:
    """One session a region, and what became of each."""

    def __init__(self, settings: Settings, sessions: tuple[Run, ...], presenter: Presenter, title: str):
        self.settings, self.presenter, self.title = settings, presenter, title
        self.command = title  # as it would be typed again
        self.sessions = sessions
        self.leaving: tuple[Run, ...] = ()  # of regions that the settings do not list any more
        self.failures: dict[str, Exception] = {}
        self.missed: tuple[str, ...] = ()  # regions in turn that were not reached
        self._excused: set[str] = set()
        self._told, self._shown = Output(), False
        if not self.alone:
            self._part()

    @property
    def alone(self) -> bool:
        """Whether there is one region only."""
        return len(self.sessions) == 1 and not self.leaving

    @property
    def first(self) -> Run:
        """The one to ask about what is the same in all."""
        return self.sessions[0]

    @property
    def standing(self) -> tuple[Run, ...]:
        """Those that nothing has gone wrong in."""
        out = {*self.failures, *self._excused}
        return tuple(session for session in self.sessions if session.region not in out)

    @property
    def place(self) -> str:
        """What is meant, for a person who is asked about it."""
        regions = ", ".join(session.region for session in self.standing)
        return f"{self.settings.full_name} in {regions} (account {self.first.aws.account_id()})"

    def each(self, work: Callable[[Run], T], among: tuple[Run, ...] | None = None) -> dict[str, T]:
        """Side by side; what it gave, by region. One that fails lets the others finish. among: not all that
        stand.
        """
        sessions = self.standing if among is None else among
        if self.alone:
            return {session.region: work(session) for session in sessions}
        with ThreadPoolExecutor(max(1, len(sessions)), thread_name_prefix="region") as pool:
            under_way = {pool.submit(work, session): session.region for session in sessions}
            _await(under_way)
        given = {region: future.result() for future, region in under_way.items() if not future.exception()}
        self._note({region: future.exception() for future, region in under_way.items()})
        return given

    def in_turn(self, work: Callable[[Run], T]) -> dict[str, T]:
        """One after the other, in the order of the settings; the first that fails is the last."""
        given: dict[str, T] = {}
        order = [session.region for session in self.standing]
        for session in self.standing:
            if self.failures:
                break
            try:
                given[session.region] = work(session)
            except Exception as error:
                if self.alone:
                    raise
                self.failures[session.region] = error
        self.missed = tuple(each for each in order if each not in given and each not in self.failures)
        self._note({})
        return given

    def excuse(self, regions: Iterable[str]) -> None:
        """Leave these out of what follows; nothing is wrong with them."""
        self._excused |= set(regions)

    def dismiss(self, leaving: tuple[Run, ...]) -> None:
        """These are to go when all the others stand."""
        self.leaving = leaving
        if not self.alone:
            self._part()

    @contextmanager
    def locked(self, command: str, wait: str | None = None) -> Iterator[None]:
        """While this lasts nobody else changes these regions. One whose lock is another's is out."""
        held: dict[str, Held] = {}
        self.command, whole = command, False
        try:
            self._hold(held, command, wait)
            yield
            whole = True
        finally:
            self._release(held, whole)

    def tell_all(self, fields: dict[str, object], lines: tuple[str, ...]) -> None:
        """The last words of a command that says the same of one region and of several."""
        if self.alone:
            self.presenter.result(fields, lines)
        else:
            self.tell(fields, lines)

    def tell(self, fields: dict[str, object], lines: tuple[str, ...]) -> None:
        """What there is to say of all of them together, at the end."""
        self._told = Output({**self._told.fields, **fields}, (*self._told.lines, *lines))

    def context(self, name: str) -> Context:
        """For what is asked of no region in particular."""
        from epochctl.tools.process import Stop
        from epochctl.workflow.outputs import Outputs
        from epochctl.workflow.step import Context
        from epochctl.workflow.waiting import SystemClock

        return Context(name, Outputs(), self.presenter, SystemClock(Stop.event))

    def show(self) -> None:
        """Say what became of each region, once."""
        states = self._states()
        something = self.failures or self._told.lines or any(state.told.lines for state in states)
        if something and not self._shown:
            fields = {"regions": {state.region: state.fields for state in states}, **self._told.fields}
            self.presenter.result(fields, (*region_results.blocks(states), *self._told.lines))
        self._shown = True

    def end(self) -> None:
        """The same, of several. Raises what went wrong."""
        if self.alone:
            return
        self.show()
        if self.failures:
            raise region_results.failure(self._states())

    def _states(self) -> tuple[RegionResult, ...]:
        come = region_results.states(self.sessions, self.command, self.failures, self.missed)
        stayed = [one.region for one in self.leaving if not region_results.told(one).lines]
        return (*come, *region_results.states(self.leaving, "down", self.failures, stayed))

    def _part(self) -> None:
        """Each with a voice of its own."""
        self.sessions = tuple(map(_heard_apart, self.sessions))
        self.leaving = tuple(map(_heard_apart, self.leaving))

    def _hold(self, held: dict[str, Held], command: str, wait: str | None) -> None:
        """In one order whatever the settings': two runs that wait for locks never wait for each other."""
        from epochctl.operations.run_lock import hold

        for session in sorted(self.standing, key=lambda session: session.region):

            def take(session: Run = session) -> None:
                held[session.region] = hold(session, command, wait)

            self._attempt(session.region, take)
        self._note({})

    def _release(self, held: dict[str, Held], whole: bool) -> None:
        """How its own region ended is what the next run there reads."""
        for region, one in held.items():
            good = whole and region not in self.failures and region not in self.missed
            self._attempt(region, partial(one.release, "ok" if good else "failed"))

    def _attempt(self, region: str, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            if self.alone:
                raise
            self.failures.setdefault(region, error)

    def _note(self, errors: dict[str, BaseException | None]) -> None:
        for region, error in errors.items():
            if isinstance(error, Exception):
                self.failures.setdefault(region, error)
        if self.failures and not self.standing:
            raise AllRegionsFailedError


def _heard_apart(session: Run) -> Run:
    if isinstance(session.presenter, RegionPresenter):
        return session
    return replace(session, presenter=RegionPresenter(session.presenter, session.region))


def _await(under_way: dict[Future[T], str]) -> None:
    """A timeout keeps the main thread able to run signal handlers on every platform."""
    left = set(under_way)
    while left:
        left = wait(left, timeout=0.2, return_when=FIRST_COMPLETED).not_done
