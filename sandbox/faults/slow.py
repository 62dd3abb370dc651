"""The usual delays of AWS, at a scale."""

from __future__ import annotations

from sandbox.faults.fault import Fault, FaultContext, Options, Stop
from sandbox.moto_patches import delays


def start(context: FaultContext, options: Options) -> Stop:
    delays.set_scale(options["scale"])
    return lambda: delays.set_scale(0.0)


FAULT = Fault(
    "slow",
    "what is created takes as long as on AWS, times `scale`: "
    + ", ".join(f"{what} {seconds:.0f} s" for what, seconds in delays.AWS_SECONDS.items()),
    start,
    {"scale": 0.1},
)
