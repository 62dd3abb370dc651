"""The drill: one region is broken on purpose under the eyes of a client, and mended whatever happens.

What is broken is a `Break`'s; who is woken is the caller's. Knows no terminal.
"""

from __future__ import annotations

from dataclasses import replace

from epochctl.config.settings import Settings
from epochctl.errors import DeadlineError, EpochctlError, Interrupted, VerifyError
from epochctl.failover import drill_marker
from epochctl.failover.client import ProbeClient
from epochctl.failover.dns_answers import DnsAnswers
from epochctl.failover.drill_result import DrillResult, Told, settled
from epochctl.failover.injections import Injection
from epochctl.failover.region import Region, sleeps
from epochctl.failover.routes import Routes
from epochctl.failover.standby import WAKING, Standby, StandbyWakeup
from epochctl.workflow.step import Context
from epochctl.workflow.waiting import Pending, Ready

BEFORE = 5  # requests that must be answered before anything is broken
ENOUGH = 5  # requests in a row that make a change a fact
LOOK = 2.0  # seconds between two looks at the health check
START_DEADLINE = 60.0
OUTAGE_DEADLINE = 300.0
BACK_DEADLINE = 420.0
HARMLESS = (
    120.0  # without a lost request and with content checkers: what was broken is not in the clients' way
)


def choose(settings: Settings, regions: tuple[Region, ...], answering: str, wanted: str) -> Region:
    """The region to break: the one that answers here, if none is named.

    Raises where breaking it would leave nobody to answer, or would measure nothing.
    """
    name = wanted or answering
    chosen = next((one for one in regions if one.name == name), None)
    if len(regions) < 2:
        raise VerifyError(
            "a drill needs two regions at least",
            why=f"only {', '.join(one.name for one in regions)} has a record of {settings.hostname}",
            fix="add a second one to regions in epochctl.toml, then: epochctl up",
        )
    if chosen is None:
        why = f"{wanted} has no record" if wanted else f"{settings.hostname} does not answer here"
        raise VerifyError(f"there is no region {name or 'to break'}", why=why, fix="epochctl failover status")
    drained = [one.name for one in regions if one.drained]
    if drained:
        raise VerifyError(
            f"{', '.join(drained)} is drained: a drill begins where every region takes part",
            fix="epochctl failover to all",
        )
    rest = [one for one in regions if one is not chosen]
    if not any(one.well or _will_wake(settings, one) for one in rest):
        raise VerifyError(
            f"breaking {name} would be an outage: no other region is healthy",
            why="\n".join(f"{one.name}: {one.told} {one.reason}".rstrip() for one in rest),
            fix=f"epochctl verify --region {rest[0].name}",
        )
    return chosen


def standby(settings: Settings, regions: tuple[Region, ...], broken: str) -> str:
    """The region that sleeps until `broken` is ill; "" where none does."""
    return next((one.name for one in regions if one.name != broken and _will_wake(settings, one)), "")


def _will_wake(settings: Settings, region: Region) -> bool:
    return region.role == "standby" and sleeps(settings, region.name)


class Drill:
    """One drill."""

    def __init__(
        self,
        settings: Settings,
        region: Region,
        routes: Routes,
        answers: DnsAnswers,
        client: ProbeClient,
        broken: Injection,
        standby: Standby | None = None,
    ) -> None:
        self._settings, self._region, self._routes = settings, region, routes
        self._answers, self._client, self._break = answers, client, broken
        self._standby, self._note = standby, drill_marker.new_marker(region.name, broken.kind)
        self._told: list[Told] = []
        self._waking: StandbyWakeup | None = None
        self._resting = False
        self.drill = DrillResult(region.name, broken.kind, settings.routing.policy, served=False)

    def run(self, ctx: Context) -> DrillResult:
        """Raises what went wrong, when all is mended; `drill` is what was measured until then."""
        self._client.start()
        try:
            self._begin(ctx)
            try:
                self._break_it(ctx)
                self._watch(ctx)
            finally:
                self._mend(ctx)
            self._return(ctx)
        except Interrupted:
            self._keep(stopped=True)
            raise
        finally:
            self._keep(seconds=self._client.stop(), told=tuple(self._told))
            self._lay_down(ctx)
        return self.drill

    @property
    def awake(self) -> str:
        """The standby that was woken and not sent back to sleep; "" for none."""
        return self._standby.region if self._waking and self._standby and not self._resting else ""

    def _begin(self, ctx: Context) -> None:
        """Nothing is broken where nobody answers already."""
        others = set(self._answers_of_all())

        def probe() -> Ready[bool] | Pending:
            seen = self._client.seen()
            if not settled(seen, BEFORE, others):
                last = seen[-1] if seen else None
                cause = last.cause or f"{last.region or 'nobody'} answers" if last else "no answer yet"
                return Pending(cause)
            return Ready(any(one.region == self._region.name for one in seen[-BEFORE:]))

        served = ctx.wait_for(
            f"{BEFORE} answers of {self._settings.hostname} in a row",
            probe,
            deadline=START_DEADLINE,
            fix="epochctl failover status",
        )
        self._keep(served=served)

    def _break_it(self, ctx: Context) -> None:
        """The note comes first: a kill in between is mended once too often."""
        drill_marker.write(self._settings, self._note)
        ctx.say(f"break {self._region.name} ({self._break.kind}): {self._break.words}")
        start = self._client.now()
        self._keep(broken=start)
        self._break.make()

    def _watch(self, ctx: Context) -> None:
        """Until another region has taken over for good."""
        deadline = OUTAGE_DEADLINE + (WAKING if self._standby else 0.0)
        fix = "epochctl failover status"
        looked = [0.0]

        def probe() -> Ready[None] | Pending:
            self._ask_servers()
            if self.drill.ill is None and self._client.now() - looked[0] >= LOOK:
                looked[0] = self._client.now()
                self._look(ctx)
            if self._harmless():
                self._keep(harmless=True)
            return Ready(None) if self.drill.harmless or self._taken_over() else Pending(self._state())

        try:
            ctx.wait_for(
                f"another region to take over from {self._region.name}",
                probe,
                deadline=deadline,
                fix=fix,
                longest=1.0,
            )
        except DeadlineError as late:
            raise VerifyError(
                f"no other region took over from {self._region.name}", why=late.why, fix=fix
            ) from late
        if self._waking:
            self._keep(woken=self._waking.took)

    def _look(self, ctx: Context) -> None:
        seen = self._routes.one(self._region.name)
        if not seen.drained and seen.well is not False:
            return
        self._keep(ill=self._client.now())
        after = self.drill.detection or 0.0
        ctx.say(
            f"Route 53's checkers see {self._region.name} fail, {after:.0f} s after the break: {seen.told}"
        )
        if self._standby:
            ctx.say(f"wake {self._standby.region}")
            self._waking = StandbyWakeup(self._standby)

    def _taken_over(self) -> bool:
        """Where the region did not answer here before, what a client here sees tells nothing."""
        if self._waking and not self._waking.ended:
            return False
        if not self._told or self._region.name in self._told[-1].regions or not self._told[-1].regions:
            return False
        if self.drill.ill is None and not self.drill.served:
            return False
        others = set(self._answers_of_all()) - {self._region.name}
        return settled(self._client.seen(), ENOUGH, others)

    def _harmless(self) -> bool:
        """A region whose clients notice nothing does not fail over, and must not."""
        if self.drill.ill is not None or self._client.now() - self.drill.broken < HARMLESS:
            return False
        return all(one.good for one in self._client.seen() if one.at >= self.drill.broken)

    def _mend(self, ctx: Context) -> None:
        """Whatever happened, and though the run was stopped."""
        try:
            self._break.mend()
        except Exception as error:
            fix = "epochctl failover drill --mend"
            raise EpochctlError(
                f"{self._region.name} could not be mended after the drill", why=str(error), fix=fix
            ) from error
        drill_marker.remove(self._settings, self._region.name)
        self._keep(mended=self._client.now())
        ctx.say(f"{self._region.name} is mended")

    def _return(self, ctx: Context) -> None:
        """Until it is healthy, and serves as before."""
        ctx.wait_for(
            f"{self._region.name} to serve again",
            lambda: Ready(None) if self._returned() else Pending(self._state()),
            deadline=BACK_DEADLINE,
            fix="epochctl failover status",
            longest=1.0,
        )

    def _returned(self) -> bool:
        self._ask_servers()
        if self.drill.well is None and self._routes.one(self._region.name).well:
            self._keep(well=self._client.now())
        mended = self.drill.mended or 0.0
        after = [one for one in self._client.seen() if one.at >= mended]
        if self.drill.well is None or not after:
            return False
        if self.drill.served and self.drill.back is None:
            first = next((one for one in after if one.good and self._again(one.at, one.region)), None)
            if first:
                self._keep(back=first.at + first.seconds)
        return self.drill.back is not None or not self.drill.served

    def _again(self, at: float, region: str) -> bool:
        """Answered by it; after `route` it may have gone on answering whoever remembered its address."""
        return region == self._region.name and (self.drill.kind != "route" or at >= (self.drill.well or 0.0))

    def _lay_down(self, ctx: Context) -> None:
        """What the drill woke goes back to sleep, if the region serves again; else it is what serves."""
        if self._waking:
            self._waking.join()
        if self._waking and self._standby and self.drill.well is not None:
            ctx.say(f"{self._standby.region} goes back to the size of a standby")
            self._standby.rest(self._standby.region)
            self._resting = True

    def _ask_servers(self) -> None:
        self._told.append(Told(self._client.now(), self._answers.authoritative()))

    def _state(self) -> str:
        seen = self._client.seen()
        last = seen[-1] if seen else None
        here = (last.region or last.cause) if last else "nothing yet"
        servers = ", ".join(self._told[-1].regions) if self._told else ""
        return f"the client sees {here}; Route 53's servers answer {servers or 'nothing'}"

    def _answers_of_all(self) -> tuple[str, ...]:
        return (*self._settings.regions, self._region.name)

    def _keep(self, **measured: object) -> None:
        self.drill = replace(self.drill, **measured)  # type: ignore[arg-type]


def mend(settings: Settings, note: drill_marker.DrillMarker, broken: Injection) -> None:
    """What a drill that was killed has left."""
    broken.mend()
    drill_marker.remove(settings, note.region)
