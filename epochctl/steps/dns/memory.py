"""What resolvers remember of the host name after its records have changed. Knows no record."""

from __future__ import annotations

from epochctl.workflow.step import Context
from epochctl.workflow.waiting import Pending, Ready

TTL = 60.0  # seconds that an answer may be remembered: an alias' TTL, which is Route 53's to say


def wait_out_the_ttl(ctx: Context, what: str, cause: str) -> None:
    """Until nobody can still remember the answer of before. what, cause: for whoever watches the wait."""
    start = ctx.clock.now()

    def probe() -> Ready[None] | Pending:
        left = TTL - (ctx.clock.now() - start)
        return Ready(None) if left <= 0 else Pending(cause)

    ctx.wait_for(what, probe, deadline=TTL + 1)
