"""`epochctl build`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from epochctl.cli.command_context import open_command
from epochctl.cli.options import Output, Sandbox, Wait

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def build(
    ctx: typer.Context,
    sbom: Annotated[
        Path | None, typer.Option(help="Also write what is in the image (SPDX 2.3, JSON) to this file.")
    ] = None,
    wait: Wait = None,
    output: Output = "text",
    sandbox: Sandbox = False,
) -> None:
    """Build the image (final stage scratch) and push it to ECR."""
    from epochctl.operations import run_steps

    with open_command(ctx.obj, output=output, title="build", listed=True) as regions:
        run_steps.build(regions, sbom, wait)
