"""Changes the health path without losing the region's DNS answers.

While old and new pods serve side by side, no path is answered by all of them, yet load balancer and Route 53
check a single one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from epochctl.command import Command
from epochctl.errors import EpochctlError
from epochctl.workflow.step import Context


class HealthCheckHold(Protocol):
    """Keeps the region in the DNS answers, whatever its health checks see, until they check another path."""

    def begin(self, ctx: Context) -> bool: ...
    def end(self, ctx: Context, path: str) -> None: ...


@contextmanager
def health_path_change(
    ctx: Context, hold: HealthCheckHold | None, before: str, after: str, current: Callable[[], str]
) -> Iterator[None]:
    """Hold the health check while the block replaces a release with health path `before` by one with `after`.

    before: "" where there is no release yet; current: reads the path of the release that is there after a
    failure.
    """
    if hold is None or before in ("", after) or not hold.begin(ctx):
        yield
        return
    try:
        yield
    except Exception:
        _end_after_failure(ctx, hold, before, current)
        raise
    hold.end(ctx, after)


def _end_after_failure(ctx: Context, hold: HealthCheckHold, before: str, current: Callable[[], str]) -> None:
    """End the hold without hiding the first failure; the next `up` repairs what cannot be ended here."""
    try:
        path = current() or before
    except EpochctlError:
        path = before
    try:
        hold.end(ctx, path)
    except EpochctlError as error:
        ctx.report(f"DNS does not look at the region's health until the next {Command('up')}: {error.what}")
