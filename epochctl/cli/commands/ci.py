"""`epochctl ci ...`: delivery by GitHub Actions. Writes the workflows, and is what only they call.

Everything else that they do is a command of its own, as a person types it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from epochctl.cli.options import Sandbox, Yes
from epochctl.errors import SettingsError

if TYPE_CHECKING:
    from epochctl.config.settings import Settings
    from epochctl.delivery.workflows import File
    from epochctl.tools.terraform.proposal import Proposal

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Delivery by GitHub Actions.")

Folder = Annotated[Path, typer.Argument(help="Where `infra plan --save` put the plans, a file a region.")]


@app.command()
def init(
    ctx: typer.Context,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that were changed.")] = False,
) -> None:
    """Write the workflows: pull request, merge, down by hand, drift by night. Settings: [ci]."""
    from epochctl.delivery import workflows
    from epochctl.tools.git import Git

    settings = ctx.obj.settings()
    root = Git(settings.directory).root()
    if root is None or root != settings.directory:
        raise SettingsError(
            "the workflows belong into the repository's root, beside epochctl.toml",
            why=f"{settings.directory} is not the root of a git repository; {root or 'there is none'}",
            fix="git init" if root is None else f"epochctl ci init -C {root}",
        )
    found = workflows.files(settings, root, settings.ci.account or _account(settings))
    changed = [file for file in found if file.changed]
    for file in changed:
        typer.echo(file.difference())
    if changed and not force:
        raise SettingsError(
            f"{', '.join(str(file.path) for file in changed)} would be overwritten",
            why="it is not what `epochctl ci init` writes; the difference is above, nothing was written",
            fix="epochctl ci init --force",
        )
    for file in found:
        _write(root, file)
    typer.echo(ctx.obj.hints("Next: epochctl ci roles, then commit and push the workflows"))


def _write(root: Path, file: File) -> None:
    if file.present == file.text:
        typer.echo(f"unchanged {file.path}")
        return
    (root / file.path).parent.mkdir(parents=True, exist_ok=True)
    (root / file.path).write_text(file.text, encoding="utf-8")
    typer.echo(f"wrote {file.path}")


def _account(settings: Settings) -> str:
    from epochctl.aws.session import Aws
    from epochctl.errors import CredentialsError

    try:
        return Aws(settings.home).account_id()
    except CredentialsError as error:
        error.fix = 'sign in, or write [ci] account = "123456789012" into epochctl.toml'
        raise


@app.command()
def regions(
    ctx: typer.Context,
    base: Annotated[
        str, typer.Option("--base", metavar="COMMIT", help="Only those whose files changed since.")
    ] = "",
) -> None:
    """Print the regions, one a line; in a workflow also as its output `regions`, a JSON list."""
    import json

    from epochctl.delivery.affected_regions import rules
    from epochctl.delivery.workflow_run import output
    from epochctl.tools.git import Git

    settings = ctx.obj.settings()
    every = settings.regions
    found = rules(settings).changed(Git(settings.directory).changed(base)) if base else every
    for region in found:
        typer.echo(region)
    output(os.environ, "regions", json.dumps(found))


@app.command()
def comment(
    ctx: typer.Context,
    plans: Folder,
    regions: Annotated[
        str, typer.Option("--regions", metavar="JSON", help="Of which a plan is expected: a JSON list.")
    ] = "[]",
) -> None:
    """Show the plans in one comment on the pull request; else in the job's summary, and say why."""
    from epochctl.delivery.comment import Review
    from epochctl.delivery.github import GitHub
    from epochctl.delivery.pull_request import post
    from epochctl.delivery.reviewed_plans import read_folder
    from epochctl.delivery.workflow_run import present

    settings, run = ctx.obj.settings(), present(os.environ)
    found, expected = read_folder(plans), _listed(regions)
    failed = tuple(region for region in expected if region not in {one.region for one in found})
    note = "" if expected else "No file changed that a region depends on."
    if run.fork and failed:
        failed, note = (), "No plan: the pull request comes from a fork, whose runs get no credentials."
    review = Review(settings.full_name, found, failed, run.head or _head(found), run.page, note)
    typer.echo(post(run, review, GitHub(run.api, run.repository, run.token)))


@app.command()
def reviewed(
    ctx: typer.Context,
    save: Annotated[Path, typer.Option("--save", metavar="FOLDER", help="Where to put them.")],
    commit: Annotated[
        str, typer.Option("--commit", help="Of the trunk; by default the one that is checked out.")
    ] = "",
) -> None:
    """Fetch the plans that were reviewed in the pull request which brought a commit."""
    from epochctl.delivery.github import GitHub
    from epochctl.delivery.reviewed_plans import fetch
    from epochctl.delivery.workflow_run import present
    from epochctl.errors import NotFoundError
    from epochctl.tools.git import Git

    settings, run = ctx.obj.settings(), present(os.environ)
    commit = commit or Git(settings.directory).head()
    if not commit:
        raise NotFoundError("there is no commit here", fix="--commit")
    said, found = fetch(GitHub(run.api, run.repository, run.token), settings.full_name, commit)
    save.mkdir(parents=True, exist_ok=True)
    for one in found:
        (save / f"{one.region}.json").write_text(one.written(), encoding="utf-8")
    typer.echo(said)


@app.command()
def roles(
    ctx: typer.Context,
    remove: Annotated[bool, typer.Option("--remove", help="Remove them instead.")] = False,
    yes: Yes = False,
    sandbox: Sandbox = False,
) -> None:
    """Make the roles that the workflows take, by terraform; asks once. No key is made: GitHub signs."""
    from epochctl.aws.session import Aws
    from epochctl.cli.command_context import open_command
    from epochctl.delivery.roles import Roles
    from epochctl.errors import Interrupted
    from epochctl.tools.git import Git
    from epochctl.workflow.events import StepProgress

    ctx.obj.require_answer(yes, "ci roles asks first")
    with open_command(ctx.obj, title="ci roles") as fleet:
        settings = fleet.settings

        def say(line: str) -> None:
            fleet.presenter(StepProgress("ci", line))

        repository = settings.ci.repository or Git(settings.directory).remote()
        makers = Roles(settings, repository, Aws(settings.home))
        plan = makers.plan(say, remove=remove)
        typer.echo("\n".join(plan.changes) or "Nothing to do.", err=True)
        whom = f"for {repository}, branch {settings.ci.trunk}, environment {settings.environment}"
        if (
            plan.has_changes
            and not yes
            and not fleet.prompt.confirm(f"{'Remove' if remove else 'Make'} this {whom}?")
        ):
            raise Interrupted("nothing was changed")
        made = makers.apply(plan, say)
        fleet.presenter.result({}, _next(settings, made.deploy, whom) if made else ("The roles are gone.",))


def _next(settings: Settings, deploy: str, whom: str) -> tuple[str, ...]:
    """What only a person can do."""
    return (
        f"The roles are there {whom}.",
        *(
            ()
            if deploy in settings.cluster.access
            else (
                "To let it deploy to a cluster that somebody else made: in epochctl.toml, [cluster]",
                f'    access = ["{deploy}"]',
            )
        ),
        f"On GitHub: an environment {settings.environment}, for branch {settings.ci.trunk} only, and who "
        "must agree there.",
    )


def _head(plans: tuple[Proposal, ...]) -> str:
    return plans[0].commit if plans else ""


def _listed(text: str) -> tuple[str, ...]:
    import json

    try:
        return tuple(str(each) for each in json.loads(text or "[]"))
    except (ValueError, TypeError) as error:
        raise SettingsError("--regions is not a JSON list", why=str(error)) from error
