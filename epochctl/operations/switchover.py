"""What `failover to` and the drill are made of: the host name's routes, and how a standby is woken here.

Knows how a region is brought up; the order of a failover is epochctl.failover's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from epochctl.failover import Routes, StandbySizing, Switchover
    from epochctl.operations.regions import RegionRunner
    from epochctl.operations.run import Run
    from epochctl.workflow.step import Context


def command(region: str) -> str:
    """As it would be typed again."""
    return f"failover to {region} --yes"


def target(fleet: RegionRunner, region: str) -> str:
    """The region as it was typed, if the settings have it. Raises SettingsError."""
    from epochctl.errors import SettingsError

    if region == "all" or region in fleet.settings.regions:
        return region
    known = ", ".join(fleet.settings.regions)
    raise SettingsError(
        f"{region} is not one of the regions of epochctl.toml",
        why=f"regions = {known}",
        fix=f"epochctl failover to {fleet.settings.home}; to all of them: epochctl failover to all",
    )


def routes(fleet: RegionRunner) -> Routes:
    """Of the host name, as Route 53 has them."""
    from epochctl.aws.route53 import HealthChecks, Route53
    from epochctl.failover import Routes

    aws, settings = fleet.first.aws, fleet.settings
    return Routes(settings, Route53(aws), HealthChecks(aws, settings.full_name, settings.tags))


def moving(fleet: RegionRunner, command: str, wait: str | None = None) -> Switchover:
    """Whoever sends the clients."""
    from epochctl.failover import DnsAnswers, Switchover

    settings, known = fleet.settings, routes(fleet)
    answers = DnsAnswers(settings.hostname, known.regions())
    return Switchover(settings, known, answers, sizes(fleet, command, wait))


def act(fleet: RegionRunner, region: str, command: str, work: Callable[[Context], tuple[bool, str]]) -> None:
    """Told beside what the regions tell, and written into the journal of `region`, or of home."""
    from epochctl.tools.process import Stop
    from epochctl.workflow.runner import Runner
    from epochctl.workflow.waiting import SystemClock

    session = next((one for one in fleet.sessions if one.region == region), fleet.first)
    emit, stop = replace(session, presenter=fleet.presenter).emit(), Stop.event
    Runner((), emit, SystemClock(stop), stop).act("failover", command, work).check()


def sizes(fleet: RegionRunner, command: str, wait: str | None = None, *, held: bool = False) -> StandbySizing:
    """A standby's, changed by its own `up`. held: its lock is ours already."""
    from epochctl.failover import StandbySizing

    def bring(region: str, awake: bool) -> None:
        session = next(one for one in fleet.sessions if one.region == region)
        sized = replace(session, awake=awake)
        if held:
            _bring(sized)
        else:
            _bring_alone(sized, command, wait)

    return StandbySizing(lambda region: bring(region, True), lambda region: bring(region, False))


def _bring_alone(session: Run, command: str, wait: str | None) -> None:
    from epochctl.operations.run_lock import locked

    with locked(session, command, wait):
        _bring(session)


def _bring(session: Run) -> None:
    """The same steps as `up`'s, to the last."""
    from epochctl.operations.credential_check import gate

    session.runner(gate(session, "up")).up().check()
