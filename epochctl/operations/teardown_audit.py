"""The proof of a teardown: AWS is asked in its region for anything of ours; a report stays.

Believes nobody who removed anything. Knows no step and no terminal.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from epochctl.operations.run import Run
    from epochctl.workflow.step import Context

SETTLING = 60.0  # seconds in which EC2 may still tell of what it has just deleted
NAME = "teardown"


@dataclass(frozen=True)
class TeardownReport:
    """What was asked and found. left: ours, must be empty; foreign: bears our name, belongs to another."""

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
        """For a person."""
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
        """Both files, whole or not at all; the path of the readable one."""
        directory.mkdir(parents=True, exist_ok=True)
        text = {"json": json.dumps(asdict(self), indent=1), "txt": "\n".join(self.lines)}
        for kind, content in text.items():
            partial = directory / f"{NAME}.{kind}.partial"
            partial.write_text(content + "\n")
            partial.rename(directory / f"{NAME}.{kind}")
        return directory / f"{NAME}.txt"


def audit(session: Run, ctx: Context, vpcs: tuple[str, ...]) -> TeardownReport:
    """Look until nothing of ours is told any more, or it is clear that something stays."""
    from epochctl.errors import DeadlineError
    from epochctl.workflow.waiting import Pending, Ready

    looks: list[tuple[tuple[str, ...], tuple[str, ...]]] = []

    def probe() -> Ready[None] | Pending:
        left, foreign = look(session, vpcs)
        looks.append((left, foreign))
        return Pending("\n".join(left)) if left else Ready(None)

    with contextlib.suppress(DeadlineError):  # what is left stands in the proof
        ctx.wait_for("AWS to tell of nothing of ours any more", probe, deadline=SETTLING, longest=10.0)
    left, foreign = looks[-1]
    settings = session.settings
    return TeardownReport(
        name=settings.full_name,
        account=session.aws.account_id(),
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        regions=(session.region,),
        asked=_questions(),
        looks=len(looks),
        left=left,
        foreign=foreign,
    )


def look(session: Run, vpcs: tuple[str, ...] = ()) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is ours, and what only bears our name, a line each. Of the session's region: every region of an
    environment goes down, and is proven to be, by itself.
    """
    from epochctl.aws.teardown_scan import TeardownScan

    settings, kept = session.settings, _given(session)
    found = TeardownScan(session.aws).find(settings.full_name, settings.tags, kept, vpcs)
    left = dict.fromkeys(one.description for one in found if not one.foreign)
    foreign = dict.fromkeys(f"{one.description}: {one.foreign}" for one in found if one.foreign)
    return tuple(left), tuple(foreign)


def _given(session: Run) -> tuple[str, ...]:
    """The user's own certificate and its validation record stay, even where `cert request` made them."""
    from epochctl.aws.acm import Acm

    arn = session.settings.certificate_arn
    state = Acm(session.aws).describe(arn) if arn else None
    return (state.arn, state.record_name) if state else ()


def _questions() -> tuple[str, ...]:
    from epochctl.aws.teardown_scan import TeardownScan

    return TeardownScan.kinds()


def _listed(title: str, items: Iterable[str]) -> tuple[str, ...]:
    found = tuple(f"  {item}" for item in items)
    return (f"{title}:", *found) if found else ()
