"""`failover status`: a table of the regions, which one answers now, and the next command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from epochctl.command import Command
from epochctl.errors import EpochctlError
from epochctl.failover import DnsAnswers, Region, drill_marker
from epochctl.operations import switchover
from epochctl.operations.dependencies import Clients
from epochctl.operations.regions import RegionRunner
from epochctl.workflow.parallel import ParallelCalls, ResultTimeout

TIMEOUT = 12.0  # seconds for the targets of all regions; a region that is down is shown as such
HEAD = ("region", "role", "record", "health check", "targets", "answers here")
NO_ANSWER = "no answer"


@dataclass(frozen=True)
class Row:
    """One region. targets: health of its targets; answers: whether this machine's resolver leads there."""

    region: Region
    targets: str
    answers: bool

    @property
    def cells(self) -> tuple[str, ...]:
        """The row of the table."""
        one = self.region
        return (
            one.name,
            one.role,
            one.record_text,
            one.health_text,
            self.targets,
            "yes" if self.answers else "no",
        )

    @property
    def fields(self) -> dict[str, object]:
        """The row for a program."""
        one = self.region
        return {
            "role": one.role,
            "record": one.record_text,
            "load_balancer": one.target,
            "health_check": one.check.id if one.check else "",
            "drained": one.is_drained,
            "kept": one.is_held,
            "checkers": len(one.observations),
            "healthy_checkers": one.healthy_checkers,
            "reason": one.reason,
            "targets": self.targets,
            "answers_here": self.answers,
        }


def show(regions: RegionRunner) -> None:
    """Show the table and the next command."""
    known = switchover.routes(regions).regions()
    answers = DnsAnswers(regions.settings.hostname, known)
    unfinished = tuple(one.text for one in drill_marker.find(regions.settings))
    targets, resolved = _targets(regions, known), answers.resolve()
    rows = tuple(Row(one, targets[one.name], resolved[0] == one.name) for one in known)
    servers, next_command = answers.authoritative(), advice(regions.settings.home, rows, unfinished)
    lines = (
        *table(HEAD, [row.cells for row in rows]),
        *(f"{row.region.name}: {row.region.reason}" for row in rows if _is_ill(row.region)),
        "",
        f"A resolver here answers: {' '.join(resolved).strip() or 'nothing'}",
        f"Route 53's servers answer: {', '.join(servers) or 'nothing'}",
        *unfinished,
        f"Next: {next_command}",
    )
    fields: dict[str, object] = {
        "regions": {row.region.name: row.fields for row in rows},
        "resolver": resolved[0],
        "servers": servers,
        "unfinished": unfinished,
        "next": next_command,
    }
    regions.presenter.result(fields, lines)


def advice(home: str, rows: Sequence[Row], unfinished: Sequence[str]) -> str:
    """Return the command that follows from the table."""
    serving = [row.region for row in rows if row.region.is_in_dns]
    if unfinished:
        return Command("failover", "drill", "--mend")
    if any(row.region.is_drained for row in rows):
        return Command("failover", "to", "all")
    if any(row.region.is_held for row in rows):
        return Command("up")
    primary = next((row.region for row in rows if row.region.role == "primary"), None)
    ill = [row.region for row in rows if _is_ill(row.region)]
    standby = [row.region for row in rows if row.region.role == "standby"]
    if primary in ill and standby:
        return Command("failover", "to", standby[0].name)
    if not any(one.is_healthy for one in serving):
        return Command("diagnose")
    awake = [one for one in ill if one.role != "standby" or one.healthy_checkers]
    return Command("diagnose", "--region", awake[0].name) if awake else Command("failover", "drill")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return the rows in columns as wide as their longest cell."""
    widths = [max(len(row[index]) for row in (head, *rows)) for index in range(len(head))]
    return tuple(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (head, *rows)
    )


def _is_ill(region: Region) -> bool:
    return not region.is_drained and region.is_healthy is False


def _targets(regions: RegionRunner, known: Sequence[Region]) -> dict[str, str]:
    """Return the health of each region's targets, queried in parallel within TIMEOUT seconds."""
    calls = ParallelCalls[str](TIMEOUT)
    for region in known:
        clients = regions.first.dependencies.clients(region.name)
        calls.start(region.name, partial(_target_health, clients, region))
    return {region.name: _result(calls, region.name) for region in known}


def _result(calls: ParallelCalls[str], name: str) -> str:
    try:
        return calls.result(name)
    except ResultTimeout:
        return NO_ANSWER
    except EpochctlError as error:
        return error.what


def _target_health(clients: Clients, region: Region) -> str:
    balancer = clients.elbv2.by_dns_name(region.target)
    if balancer is None:
        return "no load balancer"
    groups = clients.elbv2.target_groups_of(balancer.arn)
    states = [target.state for group in groups for target in clients.elbv2.target_health(group.arn)]
    return f"{states.count('healthy')} of {len(states)} healthy" if states else "none"
