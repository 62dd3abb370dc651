"""`epochctl verify`: layer by layer from the pods to the https answer; names the first layer that fails."""

from __future__ import annotations

import typer

from epochctl.cli.options import Output, Sandbox

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def verify(ctx: typer.Context, output: Output = "text", sandbox: Sandbox = False) -> None:
    """Check every layer from the pods to the https answer."""
    from epochctl.cli.session import opened
    from epochctl.outputs import Verification

    with opened(ctx.obj, output=output, title="verify") as session:
        result = session.runner(looking=True).up(only=("verify",), command="verify").check()
        verification = result.outputs.get(Verification)
        lines = [f"{name:<20} {seen}" for name, seen in verification.layers]
        fields: dict[str, object] = {"url": verification.url, "layers": dict(verification.layers)}
        session.presenter.result(fields, (*lines, f"{verification.url} answers."))
