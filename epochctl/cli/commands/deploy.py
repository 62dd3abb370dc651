"""`epochctl deploy`: the chart by digest, and the name that leads to it."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import typer

from epochctl.cli.commands.verify import layers_of
from epochctl.cli.options import Output, Sandbox, Wait
from epochctl.operations import run_steps

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
    done = "{url} is deployed. Next: epochctl verify"
    if image:
        done += "\n[service] image stays as it is: without --image the next deploy goes by it"
    options = dataclasses.replace(ctx.obj, image=image or None)
    again = f"deploy --image={image}" if image else "deploy"
    run_steps.apply(
        options,
        "deploy",
        "dns",
        output=output,
        command="deploy",
        done=done,
        wait=wait,
        again=again,
        in_turn=True,
        proven=layers_of,
    )
