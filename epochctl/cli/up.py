"""`epochctl up`: from nothing to a verified https URL, side by side where nothing stands between."""

from __future__ import annotations

from typing import Annotated

import typer

from epochctl.cli.options import Output, SandboxLater, Yes, enter

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def up(
    ctx: typer.Context,
    plan: Annotated[bool, typer.Option("--plan", help="Show what would be done; change nothing.")] = False,
    yes: Yes = False,
    output: Output = "text",
    sandbox: SandboxLater = False,
) -> None:
    """Bring everything up, from nothing to a verified https URL."""
    from epochctl.cli.session import agreed, interactive, opened
    from epochctl.errors import Interrupted
    from epochctl.outputs import Verification

    enter(sandbox, agreed=not plan and not yes)
    with opened(ctx.obj, output=output, title="up") as session:
        session.aws.account_id()  # nothing half done for want of credentials
        if plan or (interactive() and not yes and output == "text"):
            planned = session.runner().plan().check()
            due = [name for name, seen in planned.seen.items() if seen.changes]
            if plan:
                return session.presenter.result(
                    {"due": due},
                    ("Nothing to do." if not due else "Nothing was changed. To do it: epochctl up",),
                )
            if due and not agreed(f"Make this so: {session.place}?"):
                raise Interrupted("nothing was changed")
        result = session.runner().up().check()
        url = result.outputs.get(Verification).url
        session.presenter.result({"url": url}, (f"\n{url} answers.", "Look around: epochctl status"))
