"""A region that nobody reaches: packets to its load balancers and its clusters' endpoints vanish."""

from __future__ import annotations

from sandbox.errors import SandboxError
from sandbox.faults.fault import Fault, Options, Reach, Stop
from sandbox.frontend.api_call import ApiCall, Interference, Outcome, Reset
from sandbox.network import iproute


def start(reach: Reach, options: Options) -> Stop:
    region = str(options["region"])
    endpoints = [plane.plan.address for plane in reach.clusters.planes(region)]
    cut = [*reach.balancers.public(region), *endpoints]
    if not cut and not options["apis"]:
        raise SandboxError(f"there is nothing in {region}", fix="epochctl up")
    for address in cut:
        iproute.blackhole(address)
    silent = reach.front.interfere(_broken(region)) if options["apis"] else None

    def stop() -> None:
        for address in cut:
            iproute.restore(address)
        if silent is not None:
            silent()

    return stop


def _broken(region: str) -> Interference:
    def interfere(call: ApiCall) -> Outcome | None:
        return Reset() if call.region == region else None

    return interfere


FAULT = Fault(
    "region-network",
    "nobody gets to the region's load balancers and cluster endpoints: packets vanish; its inside goes on; "
    "apis=1: AWS's own APIs of the region break off, too",
    start,
    {"region": "us-west-2", "apis": 0},
)
