"""`diff`: what `up` and `deploy` would change now, the release's objects line by line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from epochctl.command import Command
from epochctl.errors import ClusterError
from epochctl.operations.regions import RegionRunner
from epochctl.operations.run import Run
from epochctl.outputs import Certificate, Infrastructure
from epochctl.tools.helm import Difference
from epochctl.workflow.runner import Runner


def diff(regions: RegionRunner) -> bool:
    """Show the differences of every region; return whether anything would change."""
    return any(regions.run_parallel(_diff).values())


def difference_lines(changes: Iterable[Difference], indent: str = "  ") -> tuple[str, ...]:
    """Return a heading for each object and its diff; an object that is created or deleted has no diff."""
    return tuple(
        line
        for change in changes
        for line in (
            f"{indent}{change.action} {change.name}",
            *(f"{indent}  {one}" for one in change.lines if change.action == "change"),
        )
    )


def difference_fields(changes: Iterable[Difference]) -> list[dict[str, object]]:
    """Return the differences for a program."""
    return [{"object": one.name, "action": one.action, "diff": list(one.lines)} for one in changes]


def _diff(run: Run) -> bool:
    run.clients.account_id()
    runner = run.runner(read_only=True)
    result = runner.plan("diff").check()
    due = {name: list(changes) for name, changes in result.due.items()}
    later = [name for name in runner.graph.names if name not in result.seen]
    objects = _objects(run, runner)
    fields: dict[str, object] = {"due": due, "objects": difference_fields(objects), "later": later}
    run.presenter.result(fields, _lines(due, objects, later))
    return bool(due or objects)


def _objects(run: Run, runner: Runner) -> tuple[Difference, ...]:
    """Return the release's differences; () if it cannot be rendered yet: then `due` has a line for it."""
    if any(runner.outputs.find(kind) is None for kind in (Certificate, Infrastructure)):
        return ()
    try:
        return run.steps.deploy.compare(runner.context(run.steps.deploy.name))
    except ClusterError:
        return ()


def _lines(
    due: Mapping[str, Sequence[str]], objects: tuple[Difference, ...], later: Sequence[str]
) -> tuple[str, ...]:
    """Return the changes step by step; an object's diff replaces its line in the step's changes."""
    lines: list[str] = []
    named = {f"{one.action} {one.name}" for one in objects}
    for name in dict.fromkeys([*due, *(["deploy"] if objects else [])]):
        changes = [change for change in due.get(name, ()) if name != "deploy" or change not in named]
        lines += [f"{name}:", *(f"  {change}" for change in changes)]
        lines += difference_lines(objects) if name == "deploy" else ()
    if not lines:
        return ("Nothing would change.",)
    waiting = (f"Only then it can be said what these do: {', '.join(later)}",) if later else ()
    return (*lines, "", *waiting, f"Nothing was changed. To do it: {Command('up')} (or {Command('deploy')})")
