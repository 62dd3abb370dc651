"""Who knows of a change of the host name's records, and who still remembers what was before.

Knows no record.
"""

from __future__ import annotations

from epochctl.aws.route53 import Route53
from epochctl.workflow.step import Context
from epochctl.workflow.waiting import Pending, Ready

TTL = 60.0  # seconds that an answer may be remembered: an alias' TTL, which is Route 53's to say
SYNC_DEADLINE = 300.0  # Route 53 promises 60 s "under normal conditions"


def wait_in_sync(ctx: Context, route53: Route53, hostname: str, change: str) -> None:
    """Until every name server of Route 53 answers with the change."""

    def probe() -> Ready[None] | Pending:
        told = route53.in_sync(change)
        return Ready(None) if told else Pending("Route 53 has not told all its name servers yet")

    ctx.wait_for(f"{hostname} in Route 53", probe, deadline=SYNC_DEADLINE)


def wait_out_the_ttl(ctx: Context, what: str, cause: str) -> None:
    """Until nobody can still remember the answer of before. what, cause: for whoever watches the wait."""
    start = ctx.clock.now()

    def probe() -> Ready[None] | Pending:
        left = TTL - (ctx.clock.now() - start)
        return Ready(None) if left <= 0 else Pending(cause)

    ctx.wait_for(what, probe, deadline=TTL + 1)
