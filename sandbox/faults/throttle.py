"""Throttling, broken connections and lost answers, for a share of all calls of AWS's APIs."""

from __future__ import annotations

import random

from sandbox.errors import SandboxError
from sandbox.faults.fault import Fault, FaultContext, Options, Stop
from sandbox.frontend.api_call import ApiCall, ConnectionReset, LostResponse, Outcome
from sandbox.moto_patches.error_formats import THROTTLED

MODES = ("throttle", "reset", "mixed", "lost")


def start(context: FaultContext, options: Options) -> Stop:
    if options["mode"] not in MODES:
        raise SandboxError(f"mode={options['mode']}: unknown", fix=f"one of: {', '.join(MODES)}")
    services = {word for word in str(options["services"]).split(",") if word}
    chance = random.Random(options["seed"])

    def intercept(call: ApiCall) -> Outcome | None:
        if (services and call.service not in services) or chance.random() >= options["share"]:
            return None
        if options["mode"] == "lost":
            return LostResponse()
        broken = options["mode"] == "reset" or (options["mode"] == "mixed" and chance.random() < 0.5)
        return ConnectionReset() if broken else THROTTLED[call.protocol]

    return context.frontend.add_interceptor(intercept)


FAULT = Fault(
    "throttle",
    "a share of all API calls is throttled, or their connection reset (mode: throttle, reset or mixed), or "
    "they are made and only their answer gets lost (mode=lost); services=ec2,s3,registry (all when empty)",
    start,
    {"share": 0.2, "mode": "throttle", "services": "", "seed": 1},
)
