"""A region whose targets all fail the load balancers' health checks, whatever they answer."""

from __future__ import annotations

from sandbox.faults.fault import Fault, FaultContext, Options, Stop


def start(context: FaultContext, options: Options) -> Stop:
    region = str(options["region"])
    context.load_balancers.fail_checks(options["share"], region)
    return lambda: context.load_balancers.fail_checks(0.0, region)


FAULT = Fault(
    "region-targets",
    "the load balancers' health checks fail for a share of the targets of each group of the region: by "
    "default for all, and then the load balancer asks all of them, as AWS's does, and Route 53 asks others",
    start,
    {"region": "us-west-2", "share": 1.0},
)
