"""A region whose clusters have no API server: pods keep running, and nothing can be changed or read."""

from __future__ import annotations

from sandbox.errors import SandboxError
from sandbox.faults.fault import Fault, FaultContext, Options, Stop


def start(context: FaultContext, options: Options) -> Stop:
    region = str(options["region"])
    halted = context.clusters.control_planes(region)
    if not halted:
        raise SandboxError(f"there is no cluster in {region}", fix="epochctl up")
    for plane in halted:
        plane.halt()

    def stop() -> None:
        for plane in halted:  # one that was deleted meanwhile has nothing to start
            plane.resume()

    return stop


FAULT = Fault(
    "region-control-plane",
    "the API servers of the region's clusters are dead; pods and load balancers go on",
    start,
    {"region": "us-west-2"},
)
