"""`epochctl exec`."""

from __future__ import annotations

from typing import Annotated

import typer

from epochctl.cli import tty
from epochctl.cli.options import Sandbox

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(name="exec", context_settings={"allow_interspersed_args": False})
def execute(
    ctx: typer.Context,
    command: Annotated[list[str], typer.Argument(help="The command and its arguments, after --.")],
    pod: Annotated[str, typer.Option("--pod", help="Which pod; by default the first that is ready.")] = "",
    sandbox: Sandbox = False,
) -> None:
    """Run a command in a pod and end with its exit code.

    Our image has no shell, but python3: epochctl exec -- python3 -c 'import os; print(os.environ)'
    """
    from epochctl.operations.pods import PodCommand

    settings, is_tty = ctx.obj.settings_of_one("exec"), tty.is_terminal()
    running = PodCommand(settings, ctx.obj.dependencies, command, pod, is_tty=is_tty)
    try:
        tty.join(running.session, is_tty=is_tty)
    finally:
        running.session.close()
    raise typer.Exit(running.code())
