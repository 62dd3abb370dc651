"""`epochctl resume`: runs the command of the last run again."""

from __future__ import annotations

import typer

from epochctl.cli.command_context import open_command
from epochctl.cli.options import Output, Sandbox, Wait, Yes, hoist_global_options
from epochctl.command import Command

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def resume(
    ctx: typer.Context, yes: Yes = False, wait: Wait = None, output: Output = "text", sandbox: Sandbox = False
) -> None:
    """Go on with the last command, after signing in again or a kill."""
    from epochctl.operations import resume as operation

    with open_command(ctx.obj, output=output, title="resume") as regions:
        commands = operation.unfinished(regions)
    for words in commands:
        typer.echo(ctx.obj.hints(f"going on with: {Command(*words)}"), err=True)
        line = [*ctx.obj.words, *words, "--output", output]
        line += ["--yes"] if yes and words[0] in {"up", "down", "rollback"} else []
        line += [f"--wait={wait}"] if wait else []
        main = ctx.find_root().command.main
        main(hoist_global_options(line), prog_name="epochctl", standalone_mode=False, obj=ctx.obj.injected)
