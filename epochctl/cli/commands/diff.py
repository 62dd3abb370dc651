"""`epochctl diff`: what `up` and `deploy` would change now. Changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from epochctl.cli.options import CHANGES, ExitCode, Output, Sandbox
from epochctl.operations import diff_text

if TYPE_CHECKING:
    from epochctl.operations.run import Run
    from epochctl.tools.helm import Difference
    from epochctl.workflow.runner import Runner

app = typer.Typer(rich_markup_mode=None, add_completion=False)

NEEDED = {"Certificate", "Infrastructure"}


@app.command()
def diff(
    ctx: typer.Context,
    exit_code: ExitCode = False,
    output: Output = "text",
    sandbox: Sandbox = False,
) -> None:
    """Show what a deploy would change: terraform's plan, and each object of the release line by line."""
    from epochctl.cli.command_context import open_command

    with open_command(ctx.obj, output=output, title="diff", listed=True) as fleet:
        changing = fleet.each(_compare)
    if exit_code and any(changing.values()):
        raise typer.Exit(CHANGES)


def _compare(session: Run) -> bool:
    """Whether something would change."""
    session.aws.account_id()
    runner = session.runner(read_only=True)
    seen = runner.plan("diff").check().seen
    due = {name: list(seen[name].changes) for name in runner.graph.names if name in seen}
    due = {name: changes for name, changes in due.items() if changes}
    later = [name for name in runner.graph.names if name not in seen]
    objects = _objects(runner)
    fields: dict[str, object] = {"due": due, "objects": diff_text.fields(objects), "later": later}
    session.presenter.result(fields, rendered(due, objects, later))
    return bool(due or objects)


def _objects(runner: Runner) -> tuple[Difference, ...]:
    """Of the release; () where it cannot be rendered yet, or is not there: then `due` says so."""
    from epochctl.errors import ClusterError
    from epochctl.outputs import Certificate, Infrastructure

    step: Any = runner.graph.step("deploy")
    if any(runner.outputs.find(kind) is None for kind in (Certificate, Infrastructure)):
        return ()
    try:
        found: tuple[Difference, ...] = step.compare(runner.context("deploy"))
    except ClusterError:
        return ()
    return found


def rendered(due: dict[str, list[str]], objects: tuple[Difference, ...], later: list[str]) -> tuple[str, ...]:
    """Step by step; the release's objects line by line in place of one line each."""
    lines: list[str] = []
    named = {f"{one.action} {one.name}" for one in objects}
    for name in dict.fromkeys([*due, *(["deploy"] if objects else [])]):
        changes = [change for change in due.get(name, []) if name != "deploy" or change not in named]
        lines += [f"{name}:", *(f"  {change}" for change in changes)]
        lines += diff_text.lines(objects) if name == "deploy" else ()
    if not lines:
        return ("Nothing would change.",)
    waiting = (f"Only then it can be said what these do: {', '.join(later)}",) if later else ()
    return (*lines, "", *waiting, "Nothing was changed. To do it: epochctl up (or epochctl deploy)")
