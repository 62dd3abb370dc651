"""`epochctl deploy`."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import typer

from epochctl.cli.command_context import open_command
from epochctl.cli.options import Output, Sandbox, Wait

app = typer.Typer(rich_markup_mode=None, add_completion=False)

Image = Annotated[
    str | None,
    typer.Option(
        "--image",
        metavar="REF",
        help="Deploy this image instead of [service] image; a tag is resolved to its digest first.",
    ),
]


@app.command()
def deploy(
    ctx: typer.Context,
    image: Image = None,
    wait: Wait = None,
    output: Output = "text",
    sandbox: Sandbox = False,
) -> None:
    """Deploy the release and point the host name at it.

    Several regions take their turn, in the order of the settings: each is verified before the next is
    begun, and the first that fails is the last.
    """
    from epochctl.operations import run_steps

    options = dataclasses.replace(ctx.obj, image=image or None)
    with open_command(options, output=output, title="deploy", listed=True) as regions:
        run_steps.deploy(regions, image or "", wait)
