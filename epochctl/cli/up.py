"""`epochctl up`: from nothing to a verified https URL, side by side where nothing stands between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from epochctl.cli.options import Output, SandboxLater, Wait, Yes, enter

if TYPE_CHECKING:
    from epochctl.cli.session import Session
    from epochctl.workflow.step import Observation

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def up(
    ctx: typer.Context,
    plan: Annotated[bool, typer.Option("--plan", help="Show what would be done; change nothing.")] = False,
    yes: Yes = False,
    ttl: Annotated[
        str,
        typer.Option(
            "--ttl", help="From now: 30m, 4h, 2d; never. Then down --expired may take it.", show_default=False
        ),
    ] = "",
    wait: Wait = None,
    output: Output = "text",
    sandbox: SandboxLater = False,
) -> None:
    """Bring everything up, from nothing to a verified https URL."""
    from epochctl.cli import lifetime
    from epochctl.cli.budgeted import budgeted
    from epochctl.cli.locked import locked
    from epochctl.cli.session import interactive, opened
    from epochctl.outputs import Verification
    from epochctl.preflight import Examination, refusal

    lifetime.check(ttl)
    enter(ctx.obj, sandbox, agreed=not plan and not yes)
    with opened(ctx.obj, output=output, title="up", ttl=ttl) as session:
        # nothing half done for want of a program, of credentials, of room in the account
        facts = Examination(session.settings, session.region, session.aws).essential()
        for fact in facts:
            if fact.state == "warn":
                typer.echo(f"warning: {fact.name}: {fact.why}", err=True)
        refused = refusal(facts)
        if refused:
            raise refused
        if plan:
            return _show(session)
        with locked(session, f"up --ttl={ttl}" if ttl else "up", wait):
            if interactive() and not yes and output == "text":
                _ask(session)
            result = session.runner(budgeted(session, "up")).up().check()
        url = result.outputs.get(Verification).url
        session.presenter.result({"url": url}, (f"\n{url} answers.", "Look around: epochctl status"))


def _show(session: Session) -> None:
    from epochctl.cli import bill

    due = _plan(session, looking=True)
    last = "Nothing was changed. To do it: epochctl up" if due else "Nothing to do."
    lines = (*_lines(due), *bill.lines(session.settings), last)
    session.presenter.result({"due": due, "cost": bill.fields(session.settings)}, lines)


def _ask(session: Session) -> None:
    """Show what would be done, and go on only where that is wanted."""
    from epochctl.cli import bill
    from epochctl.cli.session import agreed
    from epochctl.errors import Interrupted

    due = _plan(session)
    typer.echo("\n".join((*_lines(due), *bill.lines(session.settings))), err=True)
    if due and not agreed(f"Make this so: {session.place}?"):
        raise Interrupted("nothing was changed")


def _plan(session: Session, *, looking: bool = False) -> dict[str, list[str]]:
    """What is due, by step. looking: not from inside a run."""
    runner = session.runner(looking=looking)
    seen = runner.plan().check().seen
    return {name: list(seen[name].changes) for name in runner.graph.names if _due(seen, name)}


def _due(seen: dict[str, Observation], name: str) -> bool:
    return name in seen and bool(seen[name].changes)


def _lines(due: dict[str, list[str]]) -> tuple[str, ...]:
    """In full: the tree shows only a line of each."""
    return tuple(
        line for name, changes in due.items() for line in (f"{name}:", *(f"  {one}" for one in changes))
    )
