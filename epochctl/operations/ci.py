"""`epochctl ci ...`: writes the workflows, manages their roles, and does what only the workflows call."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from epochctl.aws.session import Aws
from epochctl.command import Command
from epochctl.config.settings import Settings
from epochctl.delivery.affected_regions import path_rules
from epochctl.delivery.comment import Review
from epochctl.delivery.github import GitHub
from epochctl.delivery.pull_request import fetch_reviewed_plans, post_comment
from epochctl.delivery.reviewed_plans import read_plans
from epochctl.delivery.roles import CiRoles, RoleArns
from epochctl.delivery.workflow_run import WorkflowRun, current_run, set_output
from epochctl.delivery.workflows import WorkflowFile, workflow_files
from epochctl.errors import CredentialsError, NotFoundError, SettingsError
from epochctl.operations.presenter import confirm
from epochctl.operations.regions import RegionRunner
from epochctl.tools.git import Git
from epochctl.workflow.events import StepProgress

AFTER_INIT = f"Next: {Command('ci', 'roles')}, then commit and push the workflows"
Say = Callable[[str], None]


def write_workflows(settings: Settings, *, force: bool, say: Say) -> None:
    """Write the workflow files into the repository. say: called with a line, or a diff, for each of them.

    Raises SettingsError if a file has been changed, unless `force`; then nothing is written.
    """
    root = Git(settings.directory).root()
    if root is None or root != settings.directory:
        raise SettingsError(
            "the workflows belong into the repository's root, beside epochctl.toml",
            why=f"{settings.directory} is not the root of a git repository; {root or 'there is none'}",
            fix="git init" if root is None else Command("ci", "init", "-C", str(root)),
        )
    files = workflow_files(settings, root, settings.ci.account or _account(settings))
    modified = [file for file in files if file.is_modified]
    for file in modified:
        say(file.diff())
    if modified and not force:
        raise SettingsError(
            f"{', '.join(str(file.path) for file in modified)} would be overwritten",
            why="it is not what `epochctl ci init` writes; the difference is above, nothing was written",
            fix=Command("ci", "init", "--force"),
        )
    for file in files:
        say(_write(root, file))


def affected_regions(settings: Settings, base: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the regions whose files changed since the commit `base`; all of them if it is "".

    They become the output `regions` of the workflow step, if environ is that of one.
    """
    found = settings.regions
    if base:
        found = path_rules(settings).affected(Git(settings.directory).changed(base))
    set_output(environ, "regions", json.dumps(found))
    return found


def comment_plans(settings: Settings, folder: Path, regions: str, environ: Mapping[str, str]) -> str:
    """Put the plans of a folder into the pull request's comment, and return what was done, as a sentence.

    regions: a JSON list of the regions of which a plan is expected.
    """
    run, plans, expected = current_run(environ), read_plans(folder), _json_list(regions)
    failed = tuple(region for region in expected if region not in {plan.region for plan in plans})
    note = "" if expected else "No file changed that a region depends on."
    if run.is_fork and failed:
        failed, note = (), "No plan: the pull request comes from a fork, whose runs get no credentials."
    head = run.head or (plans[0].commit if plans else "")
    return post_comment(run, Review(settings.full_name, plans, failed, head, run.url, note), _github(run))


def save_reviewed_plans(settings: Settings, folder: Path, commit: str, environ: Mapping[str, str]) -> str:
    """Save the plans that were reviewed for a commit, and return what was found, as a sentence.

    commit: "" for the one that is checked out. Raises NotFoundError if there is none.
    """
    run, commit = current_run(environ), commit or Git(settings.directory).head()
    if not commit:
        raise NotFoundError("there is no commit here", fix="--commit")
    text, plans = fetch_reviewed_plans(_github(run), settings.full_name, commit)
    folder.mkdir(parents=True, exist_ok=True)
    for plan in plans:
        (folder / f"{plan.region}.json").write_text(plan.written(), encoding="utf-8")
    return text


def manage_roles(regions: RegionRunner, *, remove: bool, ask: bool) -> None:
    """Create or remove the workflows' roles, and show what is left to do."""
    settings = regions.settings

    def report(line: str) -> None:
        regions.presenter(StepProgress("ci", line))

    repository = settings.ci.repository or Git(settings.directory).remote()
    roles = CiRoles(settings, repository, regions.first.dependencies.clients(settings.home).aws)
    plan = roles.plan(report, remove=remove)
    regions.prompt.show("\n".join(plan.changes) or "Nothing to do.")
    scope = f"for {repository}, branch {settings.ci.trunk}, environment {settings.environment}"
    if plan.has_changes and ask:
        confirm(regions.prompt, f"{'Remove' if remove else 'Make'} this {scope}?")
    arns = roles.apply(plan, report)
    lines = _after_roles(settings, arns, scope) if arns else ("The roles are gone.",)
    regions.presenter.result({}, lines)


def _write(root: Path, file: WorkflowFile) -> str:
    if file.current == file.text:
        return f"unchanged {file.path}"
    (root / file.path).parent.mkdir(parents=True, exist_ok=True)
    (root / file.path).write_text(file.text, encoding="utf-8")
    return f"wrote {file.path}"


def _account(settings: Settings) -> str:
    try:
        return Aws(settings.home).account_id()
    except CredentialsError as error:
        error.fix = 'sign in, or write [ci] account = "123456789012" into epochctl.toml'
        raise


def _github(run: WorkflowRun) -> GitHub:
    return GitHub(run.api, run.repository, run.token)


def _json_list(text: str) -> tuple[str, ...]:
    try:
        return tuple(str(each) for each in json.loads(text or "[]"))
    except (ValueError, TypeError) as error:
        raise SettingsError("--regions is not a JSON list", why=str(error)) from error


def _after_roles(settings: Settings, arns: RoleArns, scope: str) -> tuple[str, ...]:
    access = (
        "To let it deploy to a cluster that somebody else made: in epochctl.toml, [cluster]",
        f'    access = ["{arns.deploy}"]',
    )
    return (
        f"The roles are there {scope}.",
        *(() if arns.deploy in settings.cluster.access else access),
        f"On GitHub: an environment {settings.environment}, for branch {settings.ci.trunk} only, and who "
        "must agree there.",
    )
