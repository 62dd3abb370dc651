"""From one health path to another: while old and new pods serve side by side, no path is answered by all.

Load balancer and Route 53 ask for one path. Knows no DNS, only whom to tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from epochctl.errors import EpochctlError
from epochctl.workflow.step import Context


class HealthCheckHold(Protocol):
    """Keeps the region in the answers of DNS whatever its checks see, until they ask for another path."""

    def begin(self, ctx: Context) -> bool: ...
    def end(self, ctx: Context, path: str) -> None: ...


@contextmanager
def health_path_change(
    ctx: Context, keeping: HealthCheckHold | None, before: str, after: str, present: Callable[[], str]
) -> Iterator[None]:
    """Nobody is sent elsewhere because of it. before: "" where there is no release yet.

    present: the path of the release that stands when it did not come to `after`.
    """
    kept = keeping is not None and before not in ("", after) and keeping.begin(ctx)
    try:
        yield
    except Exception:
        if keeping is not None and kept:
            _end_after_failure(ctx, keeping, before, present)
        raise
    if keeping is not None and kept:
        keeping.end(ctx, after)


def _end_after_failure(
    ctx: Context, keeping: HealthCheckHold, before: str, present: Callable[[], str]
) -> None:
    """What went wrong before is what is told; `up` puts right what could not be ended here."""
    try:
        path = present() or before
    except EpochctlError:
        path = before
    try:
        keeping.end(ctx, path)
    except EpochctlError as error:
        ctx.say(f"DNS does not look at the region's health until the next epochctl up: {error.what}")
