"""The audit after a teardown: queries AWS for everything of the environment, and writes a report."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from epochctl.aws.teardown_scan import TeardownScan
from epochctl.errors import DeadlineError
from epochctl.operations.run import Run
from epochctl.workflow.step import Context
from epochctl.workflow.waiting import Pending, Ready

SETTLING = 60.0  # seconds during which EC2 may still list what it has just deleted
NAME = "teardown"


@dataclass(frozen=True)
class TeardownReport:
    """What was queried and found. left: ours, must be empty; foreign: has our name, belongs to another."""

    name: str
    account: str
    at: str
    regions: tuple[str, ...]
    asked: tuple[str, ...]
    looks: int
    left: tuple[str, ...]
    foreign: tuple[str, ...]
    removed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """The report for a person."""
        return (
            f"Teardown of {self.name} in account {self.account}, looked at {self.at}",
            f"Regions: {', '.join(self.regions)}; looks: {self.looks}",
            *_listed("Left", self.left or ("nothing",)),
            *_listed("Not ours, left alone", self.foreign),
            *_listed("Kept on purpose", self.kept),
            *_listed("Removed", self.removed),
            *_listed("Asked for, by tag, by VPC and by name", self.asked),
        )

    def save(self, directory: Path) -> Path:
        """Write the report as JSON and text, each file atomically; return the path of the text."""
        directory.mkdir(parents=True, exist_ok=True)
        text = {"json": json.dumps(asdict(self), indent=1), "txt": "\n".join(self.lines)}
        for kind, content in text.items():
            partial = directory / f"{NAME}.{kind}.partial"
            partial.write_text(content + "\n")
            partial.rename(directory / f"{NAME}.{kind}")
        return directory / f"{NAME}.txt"


def audit(run: Run, ctx: Context, vpcs: tuple[str, ...]) -> TeardownReport:
    """Query until nothing is left, for at most SETTLING seconds."""
    looks: list[tuple[tuple[str, ...], tuple[str, ...]]] = []

    def probe() -> Ready[None] | Pending:
        left, foreign = look(run, vpcs)
        looks.append((left, foreign))
        return Pending("\n".join(left)) if left else Ready(None)

    with contextlib.suppress(DeadlineError):  # the report lists what is left
        ctx.wait_for("AWS to tell of nothing of ours any more", probe, deadline=SETTLING, longest=10.0)
    left, foreign = looks[-1]
    return TeardownReport(
        name=run.settings.full_name,
        account=run.clients.account_id(),
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        regions=(run.region,),
        asked=TeardownScan.kinds(),
        looks=len(looks),
        left=left,
        foreign=foreign,
    )


def look(run: Run, vpcs: tuple[str, ...] = ()) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what is ours and what only has our name, a line each, in the run's region."""
    settings, kept = run.settings, _own_certificate(run)
    found = run.clients.teardown_scan.find(settings.full_name, settings.tags, kept, vpcs)
    left = dict.fromkeys(one.description for one in found if not one.foreign)
    foreign = dict.fromkeys(f"{one.description}: {one.foreign}" for one in found if one.foreign)
    return tuple(left), tuple(foreign)


def _own_certificate(run: Run) -> tuple[str, ...]:
    """Return the user's certificate and its validation record: they are kept."""
    arn = run.settings.certificate_arn
    state = run.clients.acm.describe(arn) if arn else None
    return (state.arn, state.record_name) if state else ()


def _listed(title: str, items: Iterable[str]) -> tuple[str, ...]:
    found = tuple(f"  {item}" for item in items)
    return (f"{title}:", *found) if found else ()
