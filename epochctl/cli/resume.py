"""`epochctl resume`: the command of the last run goes on, after a failure or a kill.

terraform's kept state is pushed by the step that needs it; here it is only found out which command that was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from epochctl.cli.options import Output, Sandbox, Wait, Yes

if TYPE_CHECKING:
    from epochctl.cli.session import Session
    from epochctl.locks import Holder

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def resume(
    ctx: typer.Context, yes: Yes = False, wait: Wait = None, output: Output = "text", sandbox: Sandbox = False
) -> None:
    """Go on with the last command, after signing in again or a kill."""
    from epochctl.cli.app import app as root
    from epochctl.cli.session import opened

    with opened(ctx.obj, output=output, title="resume") as session:
        last = _last(session)
        if last is None:
            return session.presenter.result({"resumed": ""}, ("Nothing to resume: the last run ended well.",))
    typer.echo(f"going on with: epochctl {last.command}", err=True)
    words = [*ctx.obj.words, *last.command.split(), "--output", output]
    words += ["--yes"] if yes and last.command.split()[0] in {"up", "down", "rollback"} else []
    words += [f"--wait={wait}"] if wait else []
    root(args=words, prog_name="epochctl", standalone_mode=False)


def _last(session: Session) -> Holder | None:
    """The last run here that did not end well, else one whose lock is still there."""
    from epochctl.cli.locked import local, shared
    from epochctl.locks.holder import read

    here = local(session).holder()
    if here is not None and here.ended != "ok":
        return here
    found = shared(session).read()
    return read(found.text) if found else None
