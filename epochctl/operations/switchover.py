"""`failover to`: sends all clients to one region, and back; wakes a standby with its own `up`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace

from epochctl.command import Command
from epochctl.errors import SettingsError
from epochctl.failover import DnsAnswers, Routes, StandbySizing, Switchover
from epochctl.operations.credential_check import step_gate
from epochctl.operations.presenter import confirm
from epochctl.operations.regions import RegionRunner
from epochctl.operations.run_lock import locked
from epochctl.steps.verify.shared_hostname import HostnameAnswer
from epochctl.workflow.step import Context

ALL = "all"


def switch(regions: RegionRunner, region: str, *, ask: bool, wait: str | None) -> None:
    """Send all clients to `region`, or with "all" back to what the settings say."""
    _refuse_unknown(regions, region)
    settings = regions.settings
    home = settings.home if settings.routing.policy == "primary-standby" else ALL
    is_back = region in (ALL, home)
    back = f"Let clients of {settings.hostname} go where the settings say?"
    if ask:
        confirm(regions.prompt, back if is_back else f"Send all clients of {settings.hostname} to {region}?")
    command = f"failover to {region} --yes"
    switchover = _switchover(regions, command, wait)
    answers: list[HostnameAnswer] = []

    def work(context: Context) -> tuple[bool, str]:
        answers.append(switchover.restore(context) if is_back else switchover.switch_to(context, region))
        return True, f"{answers[0].url} answers from {answers[0].region or answers[0].address}"

    act(regions, region, command, work)
    after = () if is_back else (f"Back to what the settings say: {Command('failover', 'to', 'all')}",)
    lines = ("", f"{answers[0].url} answers, from {answers[0].region or answers[0].address}.", *after)
    regions.presenter.result({"url": answers[0].url, "answered": answers[0].region}, lines)


def routes(regions: RegionRunner) -> Routes:
    """Return the host name's routes, as Route 53 has them."""
    settings, clients = regions.settings, regions.first.clients
    health_checks = clients.health_checks(settings.full_name, settings.tags)
    return Routes(settings, clients.route53, health_checks)


def act(
    regions: RegionRunner, region: str, command: str, work: Callable[[Context], tuple[bool, str]]
) -> None:
    """Run `work` as a step `failover`, recorded in the journal of `region`, or of the first region."""
    replace(regions.in_region(region), presenter=regions.presenter).act("failover", command, work)


def standby_sizing(
    regions: RegionRunner, command: str, wait: str | None = None, *, is_locked: bool = False
) -> StandbySizing:
    """Return what changes a standby's size. is_locked: whether this run holds the region's lock already."""

    def resize(region: str, is_awake: bool) -> None:
        run = replace(regions.in_region(region), is_awake=is_awake)
        with nullcontext() if is_locked else locked(run, command, wait):
            run.runner(step_gate(run, "up")).up().check()

    return StandbySizing(lambda region: resize(region, True), lambda region: resize(region, False))


def _refuse_unknown(regions: RegionRunner, region: str) -> None:
    if region == ALL or region in regions.settings.regions:
        return
    raise SettingsError(
        f"{region} is not one of the regions of epochctl.toml",
        why=f"regions = {', '.join(regions.settings.regions)}",
        fix=f"{Command('failover', 'to', regions.settings.home)}; "
        f"to all of them: {Command('failover', 'to', ALL)}",
    )


def _switchover(regions: RegionRunner, command: str, wait: str | None) -> Switchover:
    settings, known = regions.settings, routes(regions)
    answers = DnsAnswers(settings.hostname, known.regions())
    return Switchover(settings, known, answers, standby_sizing(regions, command, wait))
