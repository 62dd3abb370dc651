"""`epochctl resume`: the command of the last run goes on, after a failure or a kill.

terraform's kept state is pushed by the step that needs it; here it is only found out which command that was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from epochctl.cli.options import Output, Sandbox, Wait, Yes

if TYPE_CHECKING:
    from epochctl.cli.options import Globals
    from epochctl.locks import Holder
    from epochctl.operations.run import Run

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def resume(
    ctx: typer.Context, yes: Yes = False, wait: Wait = None, output: Output = "text", sandbox: Sandbox = False
) -> None:
    """Go on with the last command, after signing in again or a kill."""
    from epochctl.cli.app import app as root
    from epochctl.cli.command_context import open_command
    from epochctl.cli.options import hoisted

    with open_command(ctx.obj, output=output, title="resume") as fleet:
        found = fleet.each(_last)
        unfinished = {region: last for region, last in found.items() if last is not None}
        if not unfinished:
            return fleet.tell_all({"resumed": ""}, ("Nothing to resume: the last run ended well.",))
    for words in lines(ctx.obj, unfinished, len(found)):
        typer.echo(ctx.obj.advice(f"going on with: epochctl {' '.join(words)}"), err=True)
        full = [*ctx.obj.words, *words, "--output", output]
        full += ["--yes"] if yes and words[0] in {"up", "down", "rollback"} else []
        full += [f"--wait={wait}"] if wait else []
        root(args=hoisted(full), prog_name="epochctl", standalone_mode=False)


def lines(options: Globals, unfinished: dict[str, Holder], regions: int) -> tuple[list[str], ...]:
    """The words of each command that is to go on: one for all regions where all were of one run, or the
    unfinished ones by region.
    """
    if regions == 1 or (len(unfinished) == regions and len({last.run for last in unfinished.values()}) == 1):
        return (next(iter(unfinished.values())).command.split(),)
    return tuple([*last.command.split(), f"--region={region}"] for region, last in unfinished.items())


def _last(session: Run) -> Holder | None:
    """The last run here that did not end well, else one whose lock is still there."""
    from epochctl.locks.holder import parse_holder
    from epochctl.operations.run_lock import local, shared

    here = local(session).read_holder()
    if here is not None and here.ended != "ok":
        return here
    found = shared(session).read()
    return parse_holder(found.text) if found else None
