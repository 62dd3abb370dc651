"""A presenter whose reader may go away (a closed pipe, a terminal hung up): then the run stops in order."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

from epochctl.cli.hints import CommandHints, HintedPresenter
from epochctl.errors import Interrupted
from epochctl.operations.presenter import Presenter
from epochctl.workflow.events import Event


class BrokenPipeGuard:
    """Passes on to `presenter`; once that cannot write any more, sets `stop` and says no more."""

    def __init__(self, presenter: Presenter, stop: threading.Event) -> None:
        self._presenter, self._stop = presenter, stop
        self._gone = threading.Event()

    def __call__(self, event: Event) -> None:
        self._tell(lambda: self._presenter(event))

    def result(self, fields: dict[str, object], lines: tuple[str, ...] = ()) -> None:
        """The last words. Raises Interrupted where nobody could hear them."""
        self._tell(lambda: self._presenter.result(fields, lines))
        if self._gone.is_set():
            raise Interrupted("whoever read the output has gone; everything was done")

    def close(self) -> None:
        """No more will be shown."""
        with suppress(OSError):
            self._presenter.close()

    def _tell(self, say: Callable[[], None]) -> None:
        if self._gone.is_set():
            return
        try:
            say()
        except OSError:  # EPIPE, or EIO of a terminal that is no more
            self._gone.set()
            self._stop.set()
            mute()


def presenter(output: str, title: str, hints: CommandHints) -> Presenter:
    """Who shows it, with that advice."""
    return HintedPresenter(_presenter(output, title), hints)


def _presenter(output: str, title: str) -> Presenter:
    """JSON lines where asked for, a live tree on a terminal, plain lines elsewhere."""
    if output == "json":
        from epochctl.cli.output.jsonl import JsonLines

        return JsonLines()
    if sys.stderr.isatty():
        from epochctl.cli.output.terminal import Console, can_paint

        if can_paint():
            return Console(title)
    from epochctl.cli.output.plain import PlainLines

    return PlainLines()


def mute() -> None:
    """Point each stream that cannot be written at nothing: what its buffer holds must not fail again."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
