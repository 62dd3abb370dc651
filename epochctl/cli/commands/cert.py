"""`epochctl cert`."""

from __future__ import annotations

import typer

from epochctl.cli.command_context import open_command
from epochctl.cli.options import Output, Sandbox

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="The ACM certificate of the host name.",
)


@app.command()
def request(ctx: typer.Context, output: Output = "text", sandbox: Sandbox = False) -> None:
    """Request the certificate, or find it; print the record to add. Never makes a second one."""
    from epochctl.operations import cert

    with open_command(ctx.obj, output=output, title="cert request", listed=True) as regions:
        cert.request(regions)


@app.command()
def status(ctx: typer.Context, output: Output = "text", sandbox: Sandbox = False) -> None:
    """Show its state and, while it is pending, why."""
    from epochctl.operations import cert

    with open_command(ctx.obj, output=output, title="cert status") as regions:
        cert.status(regions)


@app.command()
def wait(ctx: typer.Context, output: Output = "text", sandbox: Sandbox = False) -> None:
    """Wait until it is issued. Stopping loses nothing."""
    from epochctl.operations import cert

    with open_command(ctx.obj, output=output, title="cert wait", listed=True) as regions:
        cert.wait(regions)
