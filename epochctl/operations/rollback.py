"""`rollback`: shows what an older release changes, asks, and deploys it again, region by region."""

from __future__ import annotations

from functools import partial

from epochctl.command import Command
from epochctl.errors import NotFoundError
from epochctl.operations.diff import difference_fields, difference_lines
from epochctl.operations.presenter import confirm
from epochctl.operations.regions import RegionRunner
from epochctl.operations.run import Run
from epochctl.outputs import Release
from epochctl.steps.deploy.releases import RollbackPreview
from epochctl.workflow.step import Context

AFTER = (
    f"The settings have not changed: `{Command('up')}` deploys them again. "
    f"What that is: {Command('up', '--plan')}"
)


def rollback(regions: RegionRunner, revision: int | None, *, ask: bool, wait: str | None) -> None:
    """Roll every region back. revision: as `history` lists it; None: the last one that was healthy."""
    command = f"rollback {revision}" if revision else "rollback"
    with regions.locked(command, wait):
        found = regions.run_parallel(partial(_preview, revision=revision))
        regions.skip(region for region, one in found.items() if one.is_current)
        for run in regions.healthy:
            lines = _preview_lines(found[run.region])
            regions.prompt.show("\n".join(lines if regions.is_single else (f"{run.region}:", *lines)))
        if regions.healthy and ask:
            numbers = {found[run.region].target.revision for run in regions.healthy}
            text = " and ".join(str(number) for number in sorted(numbers))
            confirm(regions.prompt, f"Roll {regions.description} back to revision {text}?")
        regions.run_sequentially(lambda run: _roll_back(run, found[run.region]))


def _preview(run: Run, revision: int | None) -> RollbackPreview:
    releases = run.steps.deploy.releases()
    if releases is None:
        raise NotFoundError("there is no cluster", fix=Command("up"))
    found = releases.preview_rollback(revision)
    if found.is_current:
        number = found.target.revision
        fields: dict[str, object] = {"revision": number, "changed": False}
        run.presenter.result(fields, (f"Revision {number} is the present one.",))
    return found


def _preview_lines(found: RollbackPreview) -> tuple[str, ...]:
    when = f"{found.target.updated:%Y-%m-%d %H:%M} UTC"
    head = f"Revision {found.current.revision} -> {found.target.revision} (of {when}):"
    return (head, *(difference_lines(found.changes) or ("  the same objects",)))


def _roll_back(run: Run, found: RollbackPreview) -> None:
    step = run.steps.deploy
    done: list[Release] = []

    def work(ctx: Context) -> tuple[bool, str]:
        done.append(step.roll_back(ctx, found.target))
        return True, f"revision {done[0].revision}, as {found.target.revision}"

    run.runner().act(step.name, "rollback", work).check()
    release, number = done[0], found.target.revision
    fields: dict[str, object] = {"revision": release.revision, "as": number, "digest": release.digest}
    fields |= {"url": release.url, "changes": difference_fields(found.changes)}
    text = f"\n{release.url} is served by revision {release.revision}, which is {number} again."
    run.presenter.result(fields, (text, AFTER))
