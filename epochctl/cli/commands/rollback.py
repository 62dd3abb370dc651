"""`epochctl rollback`."""

from __future__ import annotations

from typing import Annotated

import typer

from epochctl.cli.command_context import open_command
from epochctl.cli.options import Output, Sandbox, Wait, Yes

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def rollback(
    ctx: typer.Context,
    revision: Annotated[
        int | None,
        typer.Argument(help="As `epochctl history` lists it; by default the last that was healthy.", min=1),
    ] = None,
    yes: Yes = False,
    wait: Wait = None,
    output: Output = "text",
    sandbox: Sandbox = False,
) -> None:
    """Go back to an older release; done when the load balancer serves it.

    Several regions take their turn; the first that fails is the last.
    """
    from epochctl.operations import rollback as operation

    ctx.obj.require_answer(yes, "rollback asks first")
    if revision is not None:  # each cluster counts its own revisions
        ctx.obj.settings_of_one(f"rollback {revision}")
    with open_command(ctx.obj, output=output, title="rollback") as regions:
        operation.rollback(regions, revision, ask=not yes, wait=wait)
