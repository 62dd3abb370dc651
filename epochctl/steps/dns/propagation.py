"""Waits until a change of the host name's records is known: to Route 53's servers, and to every resolver."""

from __future__ import annotations

from epochctl.aws.route53 import Route53
from epochctl.workflow.step import Context
from epochctl.workflow.waiting import Pending, Ready

TTL = 60.0  # seconds that a resolver may cache an answer: the TTL that Route 53 gives an alias to a balancer
SYNC_DEADLINE = 300.0  # Route 53 promises 60 s "under normal conditions"


def wait_for_sync(ctx: Context, route53: Route53, hostname: str, change: str) -> None:
    """Wait until every name server of Route 53 answers with the change. change: its id."""

    def probe() -> Ready[None] | Pending:
        if route53.in_sync(change):
            return Ready(None)
        return Pending("Route 53 has not told all its name servers yet")

    ctx.wait_for(f"{hostname} in Route 53", probe, deadline=SYNC_DEADLINE)


def wait_for_ttl(ctx: Context, what: str, cause: str) -> None:
    """Wait until no resolver can have cached an answer from before. what, cause: shown while waiting."""
    start = ctx.clock.now()

    def probe() -> Ready[None] | Pending:
        left = TTL - (ctx.clock.now() - start)
        return Ready(None) if left <= 0 else Pending(cause)

    ctx.wait_for(what, probe, deadline=TTL + 1)
