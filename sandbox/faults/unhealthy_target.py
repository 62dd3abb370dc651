"""The balancer's health checks fail for a share of each group's targets, whatever the targets answer."""

from __future__ import annotations

from sandbox.faults.fault import Fault, FaultContext, Options, Stop


def start(context: FaultContext, options: Options) -> Stop:
    context.load_balancers.fail_checks(options["share"])
    return lambda: context.load_balancers.fail_checks(0.0)


FAULT = Fault(
    "unhealthy-target",
    "the load balancer's health checks fail for a share of the targets of each group, at least for one",
    start,
    {"share": 0.5},
)
