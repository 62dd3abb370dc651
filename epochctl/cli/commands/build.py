"""`epochctl build`: the image, and its push to the registry."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from epochctl.cli.options import Globals, Output, Sandbox, Wait
from epochctl.operations import run_steps

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
    done = "The image is in the registry. Next: epochctl deploy"
    run_steps.apply(
        ctx.obj,
        "build",
        "push",
        output=output,
        command="build",
        done=done,
        wait=wait,
        in_turn=True,  # it is pushed at home, and the others get it from there
    )
    if sbom is not None:
        _write_sbom(ctx.obj, sbom)


def _write_sbom(options: Globals, target: Path) -> None:
    from epochctl.image.layout import read_file, read_layout
    from epochctl.image.sbom import PATH

    settings = options.settings()
    layout = read_layout(settings.state_directory(settings.region) / "image")
    target.write_bytes(read_file(layout, PATH))
