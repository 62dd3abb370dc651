"""`epochctl ci ...`: delivery by GitHub Actions."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from epochctl.cli.command_context import open_command
from epochctl.cli.options import Sandbox, Yes

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Delivery by GitHub Actions.")

Folder = Annotated[Path, typer.Argument(help="Where `infra plan --save` put the plans, a file a region.")]


@app.command()
def init(
    ctx: typer.Context,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that were changed.")] = False,
) -> None:
    """Write the workflows: pull request, merge, down by hand, drift by night. Settings: [ci]."""
    from epochctl.operations import ci

    ci.write_workflows(ctx.obj.settings(), force=force, say=typer.echo)
    typer.echo(ctx.obj.hints(ci.AFTER_INIT))


@app.command(hidden=True)  # only the workflows call it
def regions(
    ctx: typer.Context,
    base: Annotated[
        str, typer.Option("--base", metavar="COMMIT", help="Only those whose files changed since.")
    ] = "",
) -> None:
    """Print the regions, one a line; in a workflow also as its output `regions`, a JSON list."""
    from epochctl.operations import ci

    for region in ci.affected_regions(ctx.obj.settings(), base, os.environ):
        typer.echo(region)


@app.command(hidden=True)  # only the workflows call it
def comment(
    ctx: typer.Context,
    plans: Folder,
    regions: Annotated[
        str, typer.Option("--regions", metavar="JSON", help="Of which a plan is expected: a JSON list.")
    ] = "[]",
) -> None:
    """Show the plans in one comment on the pull request; else in the job's summary, and say why."""
    from epochctl.operations import ci

    typer.echo(ci.comment_plans(ctx.obj.settings(), plans, regions, os.environ))


@app.command(hidden=True)  # only the workflows call it
def reviewed(
    ctx: typer.Context,
    save: Annotated[Path, typer.Option("--save", metavar="FOLDER", help="Where to put them.")],
    commit: Annotated[
        str, typer.Option("--commit", help="Of the trunk; by default the one that is checked out.")
    ] = "",
) -> None:
    """Fetch the plans that were reviewed in the pull request which brought a commit."""
    from epochctl.operations import ci

    typer.echo(ci.save_reviewed_plans(ctx.obj.settings(), save, commit, os.environ))


@app.command()
def roles(
    ctx: typer.Context,
    remove: Annotated[bool, typer.Option("--remove", help="Remove them instead.")] = False,
    yes: Yes = False,
    sandbox: Sandbox = False,
) -> None:
    """Make the roles that the workflows take, by terraform; asks once. No key is made: GitHub signs."""
    from epochctl.operations import ci

    ctx.obj.require_answer(yes, "ci roles asks first")
    with open_command(ctx.obj, title="ci roles") as regions:
        ci.manage_roles(regions, remove=remove, ask=not yes)
