"""Compares what a run needs with how long the credentials last, before the run and before each step."""

from __future__ import annotations

from collections.abc import Callable, Collection

from epochctl.operations.run import Run
from epochctl.steps.step_durations import expected
from epochctl.workflow.budget import Budget
from epochctl.workflow.events import StepProgress

STEP = "credentials"  # the name of these events
UNKNOWN_EXPIRY = (
    "they are a session's and do not say when they end (AWS_CREDENTIAL_EXPIRATION would): not measured"
)


def check_whole_run(run: Run, gate: Budget, command: str, due: Callable[[], Collection[str]]) -> None:
    """Raise CredentialsError if the credentials expire before the end of `up` or `down`.

    due: returns the names of the steps with something to do; called only if all steps would take too long.
    """
    edges = run.graph.reversed() if command == "down" else run.graph.edges
    if run.clients.credentials_expiry_is_unknown():
        run.emit()(StepProgress(STEP, UNKNOWN_EXPIRY))
    gate.begin(edges, due)


def step_gate(run: Run, command: str) -> Budget:
    """Return a gate that checks the credentials before each step."""
    emit = run.emit()
    return Budget(
        command,
        expected(command, run.journal),
        run.clients.credentials_left,
        run.clients.credentials_renewed,
        lambda message: emit(StepProgress(STEP, message)),
    )
