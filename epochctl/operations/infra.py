"""`infra plan | output`: what Terraform manages, without the other steps. Plans can be saved for review."""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

from epochctl.command import Command
from epochctl.config.settings import Settings
from epochctl.delivery.affected_regions import path_rules
from epochctl.delivery.reviewed_plans import read_plans
from epochctl.errors import SettingsError
from epochctl.operations.regions import RegionRunner
from epochctl.operations.run import Run
from epochctl.steps.infra_up import Reviewed
from epochctl.tools.git import Git
from epochctl.tools.terraform import Proposal


def plan(regions: RegionRunner, save: Path | None, if_up: bool) -> bool:
    """Show Terraform's plan of every region; return whether anything would change.

    save: where to write the plans for review; if_up: plan nothing where nothing is up.
    """
    if save is not None and save.suffix == ".json" and not regions.is_single:
        raise SettingsError("several plans do not go into one file", fix="name a folder, or --region")
    return any(regions.run_parallel(partial(_plan, save=save, if_up=if_up)).values())


def output(regions: RegionRunner) -> None:
    """Show Terraform's outputs of every region."""
    regions.run_parallel(_output)


def load_reviewed(settings: Settings, path: Path | None) -> Reviewed | None:
    """Return the reviewed plans in `path`, a file or a folder; None without a path."""
    if path is None:
        return None
    if not path.exists():
        raise SettingsError(
            f"there is no {path}", fix=f"{Command('infra', 'plan', '--save')}, or {Command('ci', 'reviewed')}"
        )
    return Reviewed(read_plans(path), tuple((one, inputs(settings, one)) for one in settings.regions))


def inputs(settings: Settings, region: str) -> str:
    """Return a digest of the files that the region's plan depends on; "" outside of Git."""
    git = Git(settings.directory)
    return path_rules(settings).digest(git.blobs(), region) if git.root() else ""


def _plan(run: Run, save: Path | None, if_up: bool) -> bool:
    step, ctx = run.steps.infra_up, run.runner(read_only=True).context(run.steps.infra_up.name)
    if if_up and _is_down(run):
        return False
    if save is None:
        found = step.plan(ctx)
    else:
        found, proposal = step.propose(ctx)
        _save(run.settings, proposal, save)
    lines = found.changes or (("only outputs change",) if found.has_changes else ())
    run.presenter.result({"changes": lines}, tuple(lines) or ("No changes.",))
    return found.has_changes


def _is_down(run: Run) -> bool:
    """Return whether nothing is up, neither in the state nor in the account; then show that."""
    seen = run.steps.infra_up.state_drift()
    if seen.has_resources:
        return False
    why = "it was taken down" if seen.is_destroyed else "it was never brought up"
    line = f"Nothing is up in {run.region}: {why}. To bring it up: {Command('up')}"
    run.presenter.result({"changes": (), "up": False}, (line,))
    return True


def _output(run: Run) -> None:
    step = run.steps.infra_up
    fields = asdict(step.output(run.runner(read_only=True).context(step.name)))
    run.presenter.result(fields, tuple(f"{key} = {value}" for key, value in fields.items()))


def _save(settings: Settings, proposal: Proposal, path: Path) -> None:
    """Write the plan with a digest of the files that it was made from. path: a .json file, or a folder."""
    commit = Git(settings.directory).head()
    complete = replace(proposal, commit=commit, inputs=inputs(settings, proposal.region))
    path = path if path.suffix == ".json" else path / f"{proposal.region}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(complete.written(), encoding="utf-8")
