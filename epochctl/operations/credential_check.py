"""What a run needs against what is left of the credentials: told or refused before it starts, and between
steps.

Knows no command's meaning.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from epochctl.operations.run import Run

if TYPE_CHECKING:
    from epochctl.workflow.budget import Budget

STEP = "credentials"  # under this name a run's events tell of it
UNSAID = "they are a session's and do not say when they end (AWS_CREDENTIAL_EXPIRATION would): not measured"


def budgeted(session: Run, command: str) -> Budget:
    """The gate of a run of `up` or `down`. Raises CredentialsError where they would not last for it."""
    budget, graph = gate(session, command), session.runner().graph
    edges = graph.reversed() if command == "down" else graph.edges
    _warn(session)
    budget.begin(edges, lambda: _due(session, command))
    return budget


def _warn(session: Run) -> None:
    """Of credentials that cannot be measured, though they do end."""
    from epochctl.aws.credentials import has_unknown_expiry
    from epochctl.workflow.events import StepProgress

    if has_unknown_expiry(session.aws):
        session.emit()(StepProgress(STEP, UNSAID))


def gate(session: Run, command: str) -> Budget:
    """The gate alone: each step is measured when its turn comes."""
    from epochctl.aws.credentials import renew, time_left
    from epochctl.steps.step_durations import expected
    from epochctl.workflow.budget import Budget
    from epochctl.workflow.events import StepProgress

    emit, aws = session.emit(), session.aws
    return Budget(
        command,
        expected(command, session.files / "journal.jsonl"),
        lambda: time_left(aws),
        lambda: renew(aws),
        lambda message: emit(StepProgress(STEP, message)),
    )


def _due(session: Run, command: str) -> Collection[str]:
    """What there is to do, looked for: steps that cannot be seen yet have everything to do."""
    runner = session.runner()
    if command == "down":
        seen = runner.survey("looking for what is there").check().seen
        return {name for name, one in seen.items() if one.exists}
    seen = runner.plan().check().seen
    return {name for name in runner.graph.names if name not in seen or seen[name].changes}
