"""`failover drill`: chooses the region and the fault, asks, holds the locks, and shows the result.

A drill that was killed leaves a marker; `--mend` and the next `up` repair what it broke.
"""

from __future__ import annotations

from collections.abc import Callable

from epochctl.command import Command
from epochctl.errors import Interrupted, LockedError
from epochctl.failover import DnsAnswers, Region, drill_marker, report
from epochctl.failover import drill as failover_drill
from epochctl.failover.client import ProbeClient
from epochctl.failover.drill import Drill
from epochctl.failover.drill_marker import DrillMarker
from epochctl.failover.injections import ClosedLoadBalancer, FailedHealthCheck, Injection, NoTargets
from epochctl.failover.standby import Standby
from epochctl.operations import switchover
from epochctl.operations.presenter import confirm
from epochctl.operations.regions import RegionRunner
from epochctl.workflow.step import Context

COMMAND = "failover drill"
REPAIR = Command("failover", "drill", "--mend")


def injection(regions: RegionRunner, kind: str, region: str, target: str) -> Injection:
    """Return the fault of `--break KIND`. target: the load balancer's DNS name; "" for a repair."""
    clients, settings = regions.first.dependencies.clients(region), regions.settings
    if kind == "route":
        return FailedHealthCheck(switchover.routes(regions), region)
    if kind == "targets":
        return NoTargets(settings.for_region(region, awake=False), region, clients.eks)
    return ClosedLoadBalancer(region, settings.full_name, target, clients.elbv2, clients.security_groups)


def drill(
    regions: RegionRunner,
    region: str,
    kind: str,
    *,
    ask: bool,
    wait: str | None,
    make: Callable[[RegionRunner, str, str, str], Injection] = injection,
) -> None:
    """Break a region, measure the failover, repair the region.

    region: "" for the one that answers here; make: returns the fault (see `injection`).
    """
    settings = regions.settings
    left = drill_marker.find(settings)
    if left:
        raise LockedError(left[0].text, fix=REPAIR)
    routes = switchover.routes(regions)
    known = routes.regions()
    answers = DnsAnswers(settings.hostname, known)
    chosen = failover_drill.choose_region(settings, known, answers.resolve()[0], region)
    fault = make(regions, kind, chosen.name, chosen.target)
    if ask:
        question = f"Break {chosen.name} on purpose ({fault.description}), and mend it afterwards?"
        confirm(regions.prompt, question, "nothing was broken")
    with regions.locked(COMMAND, wait):
        if not regions.failures:
            client, standby = ProbeClient(settings, answers), _standby(regions, known, chosen)
            _drill(regions, Drill(settings, chosen, routes, answers, client, fault, standby))


def repair(regions: RegionRunner) -> None:
    """Repair what killed drills have left, of this machine or of another one."""
    markers = drill_marker.find(regions.settings)
    active = next((one for one in markers if one.is_running), None)
    if active:
        fix = f"wait for it, or: kill {active.pid}"
        raise LockedError(active.text, why="it mends what it breaks", fix=fix)
    repaired = [*(_repair(regions, marker) for marker in markers), *_reopen(regions)]
    lines = tuple(f"Mended {line}" for line in repaired) or ("Nothing was left broken.",)
    regions.presenter.result({"mended": repaired}, lines)


def repair_before_up(regions: RegionRunner) -> None:
    """Repair what a killed drill has left here: it would make `up` fail, or stay broken."""
    for marker in drill_marker.find(regions.settings):
        if not marker.is_running:
            regions.in_region(marker.region).warn(f"mended {_repair(regions, marker)}")


def _drill(regions: RegionRunner, drill: Drill) -> None:
    """Run the drill and show what was measured, whatever went wrong."""

    def work(context: Context) -> tuple[bool, str]:
        result = drill.run(context)
        return True, f"{result.lost} of {result.requests} requests lost"

    try:
        switchover.act(regions, drill.result.region, COMMAND, work)
    except Interrupted as stopped:
        raise _stopped(regions, drill) from stopped
    finally:
        result = drill.result
        if result.probes and result.repaired_at is not None:
            regions.presenter.result(report.json_fields(result), report.text_lines(result))


def _stopped(regions: RegionRunner, drill: Drill) -> Interrupted:
    """A stopped drill cannot be resumed: name its state, or the command that repairs it."""
    result = drill.result
    if drill_marker.find(regions.settings):
        what = f"the drill was stopped; {result.region} is still broken ({result.kind})"
        return Interrupted(what, fix=REPAIR)
    what = "the drill was stopped, nothing was broken"
    if result.repaired_at is not None:
        what = f"the drill was stopped; {result.region} is mended"
    woken = f"{drill.scaled_up_standby} may be awake" if drill.scaled_up_standby else ""
    fix = Command("failover", "to", "all") if woken else Command("failover", "status")
    return Interrupted(what, why=woken, fix=fix)


def _standby(regions: RegionRunner, known: tuple[Region, ...], chosen: Region) -> Standby | None:
    name = failover_drill.reduced_standby(regions.settings, known, chosen.name)
    sizing = switchover.standby_sizing(regions, COMMAND, is_locked=True)
    return Standby(name, sizing) if name else None


def _repair(regions: RegionRunner, marker: DrillMarker) -> str:
    """Return what was repaired."""
    failover_drill.repair(regions.settings, marker, injection(regions, marker.kind, marker.region, ""))
    return f"{marker.region} ({marker.kind}), left by the drill of {marker.began}"


def _reopen(regions: RegionRunner) -> list[str]:
    """Reopen load balancers that a drill of another machine closed: their rules are saved in their tags."""
    lines = []
    for run in regions.runs:
        groups = run.clients.security_groups
        for group in groups.for_cluster(regions.settings.full_name):
            if groups.reopen(group):
                lines.append(f"{run.region} (network, {group.id})")
    return lines
