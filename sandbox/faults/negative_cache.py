"""Resolvers that cache for a while that a name did not exist."""

from __future__ import annotations

from sandbox.faults.fault import Fault, FaultContext, Options, Stop


def start(context: FaultContext, options: Options) -> Stop:
    context.dns.cache_negative_answers(options["seconds"])
    return lambda: context.dns.cache_negative_answers(0.0)


FAULT = Fault(
    "negative-cache",
    "resolvers remember for so many seconds that a name did not exist when it was asked for",
    start,
    {"seconds": 60.0},
)
