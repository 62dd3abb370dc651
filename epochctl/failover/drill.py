"""A drill: break one region on purpose while a client watches, and repair it whatever happens."""

from __future__ import annotations

from dataclasses import replace

from epochctl.command import Command
from epochctl.config.settings import Settings
from epochctl.errors import DeadlineError, EpochctlError, Interrupted, VerifyError
from epochctl.failover import drill_marker
from epochctl.failover.client import ProbeClient
from epochctl.failover.dns_answers import DnsAnswers
from epochctl.failover.drill_result import DnsAnswer, DrillResult, all_answered
from epochctl.failover.injections import Injection
from epochctl.failover.region import Region, find_region, needs_scale_up
from epochctl.failover.routes import Routes
from epochctl.failover.standby import SCALE_UP_DEADLINE, Standby, StandbyScaleUp
from epochctl.workflow.step import Context
from epochctl.workflow.waiting import Pending, Ready

BASELINE = 5  # requests that must be answered before anything is broken
SETTLED = 5  # answered requests in a row that prove a change
HEALTH_INTERVAL = 2.0  # seconds between two reads of the health check
BASELINE_DEADLINE = 60.0
FAILOVER_DEADLINE = 300.0
RECOVERY_DEADLINE = 420.0
# After so long without a failed request or check, clients do not depend on what is broken.
HARMLESS_SECONDS = 120.0


def choose_region(settings: Settings, regions: tuple[Region, ...], answering: str, wanted: str) -> Region:
    """Return the region to break. answering: the one that answers here, which is used if wanted is "".

    Raises VerifyError if no other region would answer, or if the drill could measure nothing.
    """
    name = wanted or answering
    chosen = find_region(regions, name)
    if len(regions) < 2:
        raise VerifyError(
            "a drill needs two regions at least",
            why=f"only {', '.join(one.name for one in regions)} has a record of {settings.hostname}",
            fix=f"add a second one to regions in epochctl.toml, then: {Command('up')}",
        )
    if chosen is None:
        why = f"{wanted} has no record" if wanted else f"{settings.hostname} does not answer here"
        raise VerifyError(
            f"there is no region {name or 'to break'}", why=why, fix=Command("failover", "status")
        )
    drained = [one.name for one in regions if one.is_drained]
    if drained:
        raise VerifyError(
            f"{', '.join(drained)} is drained: a drill begins where every region takes part",
            fix=Command("failover", "to", "all"),
        )
    others = [one for one in regions if one is not chosen]
    if not any(one.is_healthy or _is_reduced_standby(settings, one) for one in others):
        raise VerifyError(
            f"breaking {name} would be an outage: no other region is healthy",
            why="\n".join(f"{one.name}: {one.health_text} {one.reason}".rstrip() for one in others),
            fix=Command("verify", "--region", others[0].name),
        )
    return chosen


def reduced_standby(settings: Settings, regions: tuple[Region, ...], broken: str) -> str:
    """Return the standby that must be scaled up when the region `broken` fails, or ""."""
    others = (one for one in regions if one.name != broken)
    return next((one.name for one in others if _is_reduced_standby(settings, one)), "")


def _is_reduced_standby(settings: Settings, region: Region) -> bool:
    return region.role == "standby" and needs_scale_up(settings, region.name)


class Drill:
    """One drill. result: what has been measured so far."""

    def __init__(
        self,
        settings: Settings,
        region: Region,
        routes: Routes,
        answers: DnsAnswers,
        client: ProbeClient,
        injection: Injection,
        standby: Standby | None = None,
    ) -> None:
        self._settings, self._region, self._routes = settings, region, routes
        self._answers, self._client, self._injection = answers, client, injection
        self._standby, self._marker = standby, drill_marker.new_marker(region.name, injection.kind)
        self._dns_answers: list[DnsAnswer] = []
        self._health_read_at = 0.0
        self._scale_up: StandbyScaleUp | None = None
        self._scaled_down = False
        self.result = DrillResult(region.name, injection.kind, settings.routing.policy, served_before=False)

    def run(self, ctx: Context) -> DrillResult:
        """Break the region, measure and repair. Raises what went wrong after the repair; see `result`."""
        self._client.start()
        try:
            self._wait_for_baseline(ctx)
            try:
                self._inject(ctx)
                self._wait_for_failover(ctx)
            finally:
                self._repair(ctx)
            self._wait_for_recovery(ctx)
        except Interrupted:
            self.result = replace(self.result, is_stopped=True)
            raise
        finally:
            probes, dns_answers = self._client.stop(), tuple(self._dns_answers)
            self.result = replace(self.result, probes=probes, dns_answers=dns_answers)
            self._scale_standby_down(ctx)
        return self.result

    @property
    def scaled_up_standby(self) -> str:
        """Return the standby that was scaled up and not down again, or ""."""
        return self._standby.region if self._scale_up and self._standby and not self._scaled_down else ""

    def _wait_for_baseline(self, ctx: Context) -> None:
        """Nothing is broken while the host name does not answer anyway."""
        regions = set(self._all_regions())

        def probe() -> Ready[bool] | Pending:
            seen = self._client.probes()
            if not all_answered(seen, BASELINE, regions):
                last = seen[-1] if seen else None
                cause = last.cause or f"{last.region or 'nobody'} answers" if last else "no answer yet"
                return Pending(cause)
            return Ready(any(one.region == self._region.name for one in seen[-BASELINE:]))

        served = ctx.wait_for(
            f"{BASELINE} answers of {self._settings.hostname} in a row",
            probe,
            deadline=BASELINE_DEADLINE,
            fix=Command("failover", "status"),
        )
        self.result = replace(self.result, served_before=served)

    def _inject(self, ctx: Context) -> None:
        """Write the marker first: after a kill in between, a repair too many does no harm."""
        drill_marker.write(self._settings, self._marker)
        ctx.report(f"break {self._region.name} ({self._injection.kind}): {self._injection.description}")
        self.result = replace(self.result, broken_at=self._client.now())
        self._injection.inject()

    def _wait_for_failover(self, ctx: Context) -> None:
        """Wait until another region has taken over, or until the break proves harmless."""
        deadline = FAILOVER_DEADLINE + (SCALE_UP_DEADLINE if self._standby else 0.0)
        fix = Command("failover", "status")

        def probe() -> Ready[None] | Pending:
            self._read_dns()
            now = self._client.now()
            if self.result.failed_at is None and now - self._health_read_at >= HEALTH_INTERVAL:
                self._health_read_at = now
                self._read_health(ctx)
            if self._is_harmless():
                self.result = replace(self.result, is_harmless=True)
            ended = self.result.is_harmless or self._has_taken_over()
            return Ready(None) if ended else Pending(self._state())

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
        if self._scale_up:
            self.result = replace(self.result, scale_up_seconds=self._scale_up.seconds)

    def _read_health(self, ctx: Context) -> None:
        region = self._routes.region(self._region.name)
        if not region.is_drained and region.is_healthy is not False:
            return
        self.result = replace(self.result, failed_at=self._client.now())
        after = self.result.detection or 0.0
        ctx.report(
            f"Route 53's checkers see {region.name} fail, {after:.0f} s after the break: {region.health_text}"
        )
        if self._standby:
            ctx.report(f"wake {self._standby.region}")
            self._scale_up = StandbyScaleUp(self._standby)

    def _has_taken_over(self) -> bool:
        """If the region did not answer this machine before, the client here cannot prove a failover alone."""
        if self._scale_up and not self._scale_up.has_ended:
            return False
        regions = self._dns_answers[-1].regions if self._dns_answers else ()
        if not regions or self._region.name in regions:
            return False
        if self.result.failed_at is None and not self.result.served_before:
            return False
        others = set(self._all_regions()) - {self._region.name}
        return all_answered(self._client.probes(), SETTLED, others)

    def _is_harmless(self) -> bool:
        broken_at = self.result.broken_at
        if self.result.failed_at is not None or self._client.now() - broken_at < HARMLESS_SECONDS:
            return False
        return all(one.is_ok for one in self._client.probes() if one.at >= broken_at)

    def _repair(self, ctx: Context) -> None:
        """Runs after every failure, and after Ctrl-C."""
        try:
            self._injection.repair()
        except Exception as error:
            fix = Command("failover", "drill", "--mend")
            raise EpochctlError(
                f"{self._region.name} could not be mended after the drill", why=str(error), fix=fix
            ) from error
        drill_marker.remove(self._settings, self._region.name)
        self.result = replace(self.result, repaired_at=self._client.now())
        ctx.report(f"{self._region.name} is mended")

    def _wait_for_recovery(self, ctx: Context) -> None:
        """Wait until the region is healthy and serves as before."""
        ctx.wait_for(
            f"{self._region.name} to serve again",
            lambda: Ready(None) if self._has_recovered() else Pending(self._state()),
            deadline=RECOVERY_DEADLINE,
            fix=Command("failover", "status"),
            longest=1.0,
        )

    def _has_recovered(self) -> bool:
        self._read_dns()
        if self.result.healthy_at is None and self._routes.region(self._region.name).is_healthy:
            self.result = replace(self.result, healthy_at=self._client.now())
        repaired_at = self.result.repaired_at or 0.0
        after = [one for one in self._client.probes() if one.at >= repaired_at]
        if self.result.healthy_at is None or not after:
            return False
        if self.result.served_before and self.result.serves_at is None:
            first = next((one for one in after if one.is_ok and self._is_back(one.at, one.region)), None)
            if first:
                self.result = replace(self.result, serves_at=first.at + first.seconds)
        return self.result.serves_at is not None or not self.result.served_before

    def _is_back(self, at: float, region: str) -> bool:
        """With `route` the region never stopped to answer those whose resolver had cached its address."""
        was_down = self.result.kind != "route"
        return region == self._region.name and (was_down or at >= (self.result.healthy_at or 0.0))

    def _scale_standby_down(self, ctx: Context) -> None:
        """Unless the broken region is still unhealthy: then the standby is what serves."""
        if self._scale_up:
            self._scale_up.join()
        if self._scale_up and self._standby and self.result.healthy_at is not None:
            ctx.report(f"{self._standby.region} goes back to the size of a standby")
            self._standby.sizing.scale_down(self._standby.region)
            self._scaled_down = True

    def _read_dns(self) -> None:
        self._dns_answers.append(DnsAnswer(self._client.now(), self._answers.authoritative()))

    def _state(self) -> str:
        seen = self._client.probes()
        last = seen[-1] if seen else None
        here = (last.region or last.cause) if last else "nothing yet"
        servers = ", ".join(self._dns_answers[-1].regions) if self._dns_answers else ""
        return f"the client sees {here}; Route 53's servers answer {servers or 'nothing'}"

    def _all_regions(self) -> tuple[str, ...]:
        return (*self._settings.regions, self._region.name)


def repair(settings: Settings, marker: drill_marker.DrillMarker, injection: Injection) -> None:
    """Repair what a killed drill left broken, and remove its marker."""
    injection.repair()
    drill_marker.remove(settings, marker.region)
