"""`epochctl up`."""

from __future__ import annotations

from typing import Annotated

import typer

from epochctl.cli.command_context import open_command
from epochctl.cli.options import Output, ReviewedPlans, SandboxLater, Wait, Yes, checked_ttl, enter

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def up(
    ctx: typer.Context,
    plan: Annotated[bool, typer.Option("--plan", help="Show what would be done; change nothing.")] = False,
    yes: Yes = False,
    ttl: Annotated[
        str,
        typer.Option(
            "--ttl", help="From now: 30m, 4h, 2d; never. Then down --expired may take it.", show_default=False
        ),
    ] = "",
    reviewed: ReviewedPlans = None,
    wait: Wait = None,
    output: Output = "text",
    sandbox: SandboxLater = False,
) -> None:
    """Bring everything up, from nothing to a verified https URL.

    Several regions come up side by side; one that fails does not stop the others, and is repaired by
    `up --region`. One that the settings do not list any more is removed when all others stand.
    """
    from epochctl.operations import up as operation

    checked_ttl(ttl)
    enter(ctx.obj, sandbox, agreed=not plan and not yes)
    with open_command(ctx.obj, output=output, title="up", ttl=ttl, listed=True, reviewed=reviewed) as regions:
        if plan:
            return operation.show_plan(regions)
        again = f"up --ttl={ttl}" if ttl else "up"
        again += f" --reviewed={reviewed}" if reviewed else ""
        ask = not yes and output == "text" and regions.prompt.is_interactive
        operation.up(regions, again=again, ask=ask, wait=wait)
