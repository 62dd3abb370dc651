"""The resolvers remember for a while that a name did not exist; the zone's own name servers know better."""

from __future__ import annotations

from sandbox.faults.fault import Fault, Options, Reach, Stop


def start(reach: Reach, options: Options) -> Stop:
    reach.names.cache_negative_answers(options["seconds"])
    return lambda: reach.names.cache_negative_answers(0.0)


FAULT = Fault(
    "negative-cache",
    "resolvers remember for so many seconds that a name did not exist when it was asked for",
    start,
    {"seconds": 60.0},
)
