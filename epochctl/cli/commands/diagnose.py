"""`epochctl diagnose`."""

from __future__ import annotations

import typer

from epochctl.cli.command_context import open_command
from epochctl.cli.options import Output, Sandbox

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def diagnose(ctx: typer.Context, output: Output = "text", sandbox: Sandbox = False) -> None:
    """Find out what is wrong, why, and what to do next.

    Reads everything, changes nothing, waits for nothing: a layer that does not answer in 20 s is said to be
    unknown, and after 60 s nothing more is asked. Ends with 0 whatever it finds; for a check with an exit
    code: epochctl verify.
    """
    from epochctl.operations import diagnose as operation

    def show(text: str) -> None:
        typer.echo(ctx.obj.hints(text))

    with open_command(ctx.obj, output=output, title="diagnose") as regions:
        operation.diagnose(regions, show if output == "text" else None)
