"""`epochctl build`: the image, and its push to the registry."""

from __future__ import annotations

import typer

from epochctl.cli import single
from epochctl.cli.options import Output, Sandbox, Wait

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def build(ctx: typer.Context, wait: Wait = None, output: Output = "text", sandbox: Sandbox = False) -> None:
    """Build the image (final stage scratch) and push it to ECR."""
    done = "The image is in the registry. Next: epochctl deploy"
    single.apply(ctx.obj, "build", "push", output=output, command="build", done=done, wait=wait)
