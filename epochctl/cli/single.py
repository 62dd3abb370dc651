"""One or two steps instead of all: what the commands named after steps have in common.

What they need must be there already; it is observed, not made.
"""

from __future__ import annotations

from epochctl.cli.options import Globals
from epochctl.outputs import Release


def apply(
    options: Globals,
    *names: str,
    output: str,
    command: str,
    done: str,
    wait: str | None = None,
    again: str = "",
) -> None:
    """Apply these steps and say `done`. wait: for a run that is at work, how long; again: the command with
    what `resume` must say again."""
    from epochctl.cli.budgeted import gate
    from epochctl.cli.locked import locked
    from epochctl.cli.session import opened

    with opened(options, output=output, title=command) as session, locked(session, again or command, wait):
        result = session.runner(gate(session, "up")).up(only=names, command=command).check()
        release = result.outputs.find(Release)
        url = release.url if release else f"https://{session.settings.hostname}/"
        fields = {name: result.outputs.find(session.runner().graph.step(name).produces) for name in names}
        session.presenter.result(dict(fields), (done.format(url=url),))
