"""`epochctl lb-controller`."""

from __future__ import annotations

import typer

from epochctl.cli.command_context import open_command
from epochctl.cli.options import Output, Sandbox, Wait, Yes

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="The AWS Load Balancer Controller.",
)


@app.command()
def install(ctx: typer.Context, wait: Wait = None, output: Output = "text", sandbox: Sandbox = False) -> None:
    """Install it; done when its webhook admits an Ingress."""
    from epochctl.operations import run_steps

    with open_command(ctx.obj, output=output, title="lb-controller install", listed=True) as regions:
        run_steps.install_lb_controller(regions, wait)


@app.command()
def status(ctx: typer.Context, output: Output = "text", sandbox: Sandbox = False) -> None:
    """Show what runs, and what `install` would still change."""
    from epochctl.operations import lb_controller

    with open_command(ctx.obj, output=output, title="lb-controller status") as regions:
        lb_controller.status(regions)


@app.command()
def uninstall(
    ctx: typer.Context, yes: Yes = False, output: Output = "text", sandbox: Sandbox = False
) -> None:
    """Remove it and its identity. Take the release down first: load balancers need it to go away."""
    from epochctl.operations import lb_controller

    ctx.obj.require_answer(yes, "uninstall asks first")
    with open_command(ctx.obj, output=output, title=lb_controller.UNINSTALL) as regions:
        lb_controller.uninstall(regions, ask=not yes)
