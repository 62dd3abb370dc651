"""`epochctl eject`."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def eject(
    ctx: typer.Context,
    parts: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PART]...", help="terraform, chart, server, dockerfile; or all."),
    ] = None,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show how yours differ from this epochctl's; write nothing.")
    ] = False,
) -> None:
    """Copy terraform, chart, server and Dockerfile here, to own and to change them.

    What is copied is used from then on. Overwrites nothing. The way back: take its lines out of [ejected] in
    epochctl.toml, and remove the files. `epochctl doctor` tells when a later epochctl has others.
    """
    from epochctl.operations import eject as operation

    chosen = tuple(dict.fromkeys(parts or ()))
    if not diff:
        typer.echo("\n".join(operation.eject(ctx.obj.directory, chosen)))
        return
    for part, patch, state in operation.differences(ctx.obj.settings(), chosen):
        typer.echo("".join(f"{line}\n" for line in patch), nl=False)
        typer.echo(f"{part}: {state}", err=True)
