"""`failover status`: a table of the regions, who answers now, and the next command. Changes nothing.

What a region itself must be asked (its load balancer's targets) is asked side by side and for a few seconds:
one that is dead is told, and not waited for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from epochctl.operations import switchover

if TYPE_CHECKING:
    from epochctl.failover import DnsAnswers, Region
    from epochctl.operations.regions import RegionRunner
    from epochctl.operations.run import Run

PATIENCE = 12.0  # seconds for all regions together
HEAD = ("region", "role", "record", "health check", "targets", "answers here")
SILENT = "no answer"


@dataclass(frozen=True)
class Row:
    """One region. targets: what its load balancer thinks; answers: whether this machine is sent there."""

    region: Region
    targets: str
    answers: bool

    @property
    def cells(self) -> tuple[str, ...]:
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
        """For a program."""
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


def show(fleet: RegionRunner) -> None:
    """All of it."""
    from epochctl.failover import DnsAnswers

    regions = switchover.routes(fleet).regions()
    answers, unfinished = DnsAnswers(fleet.settings.hostname, regions), _unfinished(fleet)
    rows, resolved = _rows(fleet, regions, answers)
    servers, next_one = answers.authoritative(), advice(fleet.settings.home, rows, unfinished)
    lines = (
        *table(HEAD, [row.cells for row in rows]),
        *(f"{row.region.name}: {row.region.reason}" for row in rows if _ill(row.region)),
        "",
        f"A resolver here answers: {' '.join(resolved).strip() or 'nothing'}",
        f"Route 53's servers answer: {', '.join(servers) or 'nothing'}",
        *unfinished,
        f"Next: {next_one}",
    )
    fields: dict[str, object] = {
        "regions": {row.region.name: row.fields for row in rows},
        "resolver": resolved[0],
        "servers": servers,
        "unfinished": unfinished,
        "next": next_one,
    }
    fleet.presenter.result(fields, lines)


def advice(home: str, rows: Sequence[Row], unfinished: Sequence[str]) -> str:
    """The command that follows from it."""
    serving = [row.region for row in rows if row.region.is_in_dns]
    if unfinished:
        return "epochctl failover drill --mend"
    if any(row.region.is_drained for row in rows):
        return "epochctl failover to all"
    if any(row.region.is_held for row in rows):
        return "epochctl up"
    primary = next((row.region for row in rows if row.region.role == "primary"), None)
    ill = [row.region for row in rows if _ill(row.region)]
    standby = [row.region for row in rows if row.region.role == "standby"]
    if primary in ill and standby:
        return f"epochctl failover to {standby[0].name}"
    if not any(one.is_healthy for one in serving):
        return "epochctl diagnose"
    awake = [one for one in ill if one.role != "standby" or one.healthy_checkers]
    return f"epochctl diagnose --region {awake[0].name}" if awake else "epochctl failover drill"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Columns as wide as they must be."""
    widths = [max(len(row[index]) for row in (head, *rows)) for index in range(len(head))]
    return tuple(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (head, *rows)
    )


def _ill(region: Region) -> bool:
    return not region.is_drained and region.is_healthy is False


def _unfinished(fleet: RegionRunner) -> tuple[str, ...]:
    """Drills that were killed before they had mended what they broke."""
    from epochctl.failover import drill_marker

    return tuple(one.text for one in drill_marker.find(fleet.settings))


def _rows(
    fleet: RegionRunner, regions: Sequence[Region], answers: DnsAnswers
) -> tuple[tuple[Row, ...], tuple[str, str]]:
    targets = _side_by_side({one.name: _asking(fleet, one) for one in regions})
    resolved = answers.resolve()
    return tuple(Row(one, targets[one.name], resolved[0] == one.name) for one in regions), resolved


def _asking(fleet: RegionRunner, region: Region) -> Callable[[], str]:
    from epochctl.aws.session import Aws

    known: dict[str, Run] = {session.region: session for session in fleet.sessions}
    aws = known[region.name].aws if region.name in known else Aws(region.name)

    def ask() -> str:
        from epochctl.aws.elbv2 import Elbv2

        elbv2 = Elbv2(aws)
        balancer = elbv2.by_dns_name(region.target)
        if balancer is None:
            return "no load balancer"
        groups = elbv2.target_groups_of(balancer.arn)
        states = [target.state for group in groups for target in elbv2.target_health(group.arn)]
        return f"{states.count('healthy')} of {len(states)} healthy" if states else "none"

    return ask


def _side_by_side(questions: dict[str, Callable[[], str]]) -> dict[str, str]:
    """Daemons: what has not answered must not keep us alive."""
    from epochctl.errors import EpochctlError

    told: dict[str, str] = {}

    def ask(name: str, question: Callable[[], str]) -> None:
        try:
            told[name] = question()
        except EpochctlError as error:
            told[name] = error.what

    threads = [
        threading.Thread(target=ask, args=item, name=f"targets-{item[0]}", daemon=True)
        for item in questions.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE / len(threads))
    return {name: told.get(name, SILENT) for name in questions}
