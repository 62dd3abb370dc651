"""A region without a network: packets to its load balancers and cluster endpoints are dropped."""

from __future__ import annotations

from sandbox.errors import SandboxError
from sandbox.faults.fault import Fault, FaultContext, Options, Stop
from sandbox.frontend.api_call import ApiCall, ConnectionReset, Interceptor, Outcome
from sandbox.network import iproute


def start(context: FaultContext, options: Options) -> Stop:
    region = str(options["region"])
    endpoints = [plane.plan.address for plane in context.clusters.control_planes(region)]
    cut = [*context.load_balancers.public_addresses(region), *endpoints]
    if not cut and not options["apis"]:
        raise SandboxError(f"there is nothing in {region}", fix="epochctl up")
    for address in cut:
        iproute.blackhole(address)
    silent = context.frontend.add_interceptor(_reset_connections(region)) if options["apis"] else None

    def stop() -> None:
        for address in cut:
            iproute.restore(address)
        if silent is not None:
            silent()

    return stop


def _reset_connections(region: str) -> Interceptor:
    def intercept(call: ApiCall) -> Outcome | None:
        return ConnectionReset() if call.region == region else None

    return intercept


FAULT = Fault(
    "region-network",
    "nobody gets to the region's load balancers and cluster endpoints: packets vanish; its inside goes on; "
    "apis=1: AWS's own APIs of the region break off, too",
    start,
    {"region": "us-west-2", "apis": 0},
)
