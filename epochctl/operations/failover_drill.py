"""`failover drill` on this command line: which break of which region, the question, the locks, the result.

The drill itself is epochctl.failover's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from epochctl.operations import switchover

if TYPE_CHECKING:
    from epochctl.errors import Interrupted
    from epochctl.failover import Region, Routes
    from epochctl.failover.drill import Drill
    from epochctl.failover.drill_marker import DrillMarker
    from epochctl.failover.injections import Injection
    from epochctl.failover.standby import Standby
    from epochctl.operations.regions import RegionRunner
    from epochctl.workflow.step import Context

COMMAND = "failover drill"
MEND = "epochctl failover drill --mend"


def run(
    fleet: RegionRunner,
    wanted: str,
    kind: str,
    yes: bool,
    wait: str | None,
    injection: Callable[[RegionRunner, str, str, str, Routes], Injection] | None = None,
) -> None:
    """All of it, after a look and a question. wanted: "" for the region that answers; injection: makes what
    is broken (see built_in)."""
    from epochctl.errors import Interrupted, LockedError
    from epochctl.failover import DnsAnswers, drill_marker
    from epochctl.failover.client import ProbeClient
    from epochctl.failover.drill import Drill, choose_region
    from epochctl.operations.run import agreed

    left = drill_marker.find(fleet.settings)
    if left:
        raise LockedError(left[0].text, fix=MEND)
    known = switchover.routes(fleet)
    regions = known.regions()
    answers = DnsAnswers(fleet.settings.hostname, regions)
    region = choose_region(fleet.settings, regions, answers.resolve()[0], wanted)
    broken = (injection or built_in)(fleet, kind, region.name, region.target, known)
    if not yes and not agreed(
        f"Break {region.name} on purpose ({broken.description}), and mend it afterwards?"
    ):
        raise Interrupted("nothing was broken")
    with fleet.locked(COMMAND, wait):
        if not fleet.failures:
            client, asleep = ProbeClient(fleet.settings, answers), _standby(fleet, regions, region)
            made = Drill(fleet.settings, region, known, answers, client, broken, asleep)
            _drill(fleet, made)


def mend(fleet: RegionRunner) -> None:
    """What drills that were killed have left, here or on another machine."""
    from epochctl.errors import LockedError
    from epochctl.failover import drill_marker

    notes = drill_marker.find(fleet.settings)
    busy = next((one for one in notes if one.is_running), None)
    if busy:
        raise LockedError(busy.text, why="it mends what it breaks", fix=f"wait for it, or: kill {busy.pid}")
    mended = [*(_mend(fleet, note) for note in notes), *_reopen(fleet)]
    fleet.presenter.result(
        {"mended": mended}, tuple(f"Mended {line}" for line in mended) or ("Nothing was left broken.",)
    )


def mend_before_up(fleet: RegionRunner) -> None:
    """What a drill that was killed has left here would make `up` fail, or stay."""
    from epochctl.failover import drill_marker

    for note in drill_marker.find(fleet.settings):
        if not note.is_running:
            line = _mend(fleet, note)
            next((one for one in fleet.sessions if one.region == note.region), fleet.first).warn(
                f"mended {line}"
            )


def _drill(fleet: RegionRunner, drilling: Drill) -> None:
    """What was measured is shown whatever went wrong."""
    from epochctl.errors import Interrupted
    from epochctl.failover import report

    def work(context: Context) -> tuple[bool, str]:
        drill = drilling.run(context)
        return True, f"{drill.lost} of {drill.requests} requests lost"

    try:
        switchover.act(fleet, drilling.result.region, COMMAND, work)
    except Interrupted as stopped:
        raise _stopped(fleet, drilling) from stopped
    finally:
        drill = drilling.result
        if drill.probes and drill.repaired_at is not None:
            fleet.presenter.result(report.json_fields(drill), report.text_lines(drill))


def _stopped(fleet: RegionRunner, drilling: Drill) -> Interrupted:
    """Going on is no use: what is left is to know how things stand, or to put them so."""
    from epochctl.errors import Interrupted
    from epochctl.failover import drill_marker

    region = drilling.result.region
    if drill_marker.find(fleet.settings):
        return Interrupted(
            f"the drill was stopped; {region} is still broken ({drilling.result.kind})", fix=MEND
        )
    broken = drilling.result.repaired_at is not None
    what = (
        f"the drill was stopped; {region} is mended"
        if broken
        else "the drill was stopped, nothing was broken"
    )
    woken = f"{drilling.scaled_up_standby} may be awake" if drilling.scaled_up_standby else ""
    return Interrupted(
        what, why=woken, fix="epochctl failover to all" if woken else "epochctl failover status"
    )


def _standby(fleet: RegionRunner, regions: tuple[Region, ...], region: Region) -> Standby | None:
    from epochctl.failover.drill import reduced_standby
    from epochctl.failover.standby import Standby

    name = reduced_standby(fleet.settings, regions, region.name)
    sizes = switchover.sizes(fleet, COMMAND, held=True)
    return Standby(name, sizes) if name else None


def built_in(fleet: RegionRunner, kind: str, region: str, target: str, known: Routes) -> Injection:
    """What `--break KIND` breaks. target: the load balancer's name, "" where it is only to be mended."""
    from epochctl.aws.eks import Eks
    from epochctl.aws.elbv2 import Elbv2
    from epochctl.aws.security_groups import SecurityGroups
    from epochctl.aws.session import Aws
    from epochctl.failover.injections import ClosedLoadBalancer, FailedHealthCheck, NoTargets

    aws, settings = Aws(region), fleet.settings
    if kind == "route":
        return FailedHealthCheck(known, region)
    if kind == "targets":
        return NoTargets(settings.sized(region, awake=False), region, Eks(aws))
    return ClosedLoadBalancer(region, settings.full_name, target, Elbv2(aws), SecurityGroups(aws))


def _mend(fleet: RegionRunner, note: DrillMarker) -> str:
    """What was mended, for a person."""
    from epochctl.failover import drill

    broken = built_in(fleet, note.kind, note.region, "", switchover.routes(fleet))
    drill.repair(fleet.settings, note, broken)
    return f"{note.region} ({note.kind}), left by the drill of {note.began}"


def _reopen(fleet: RegionRunner) -> list[str]:
    """Load balancers that a drill on another machine closed: it is written on them."""
    from epochctl.aws.security_groups import SecurityGroups

    lines = []
    for session in fleet.sessions:
        groups = SecurityGroups(session.aws)
        for group in groups.of_controller(fleet.settings.full_name):
            if groups.reopen(group):
                lines.append(f"{session.region} (network, {group.id})")
    return lines
