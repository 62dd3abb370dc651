"""A quota that is lower than AWS's default: the call that would exceed it is refused by its service."""

from __future__ import annotations

from sandbox.errors import SandboxError
from sandbox.faults.fault import Fault, FaultContext, Options, Stop
from sandbox.moto_patches import quotas

WORDS = tuple(quota.word for quota in quotas.QUOTAS)


def start(context: FaultContext, options: Options) -> Stop:
    words = str(options["code"]).split(",")
    unknown = [word for word in words if word not in WORDS]
    if unknown:
        raise SandboxError(f"code={unknown[0]}: unknown", fix=f"one of: {', '.join(WORDS)}")
    for word in words:
        quotas.set_limit(word, options["limit"])

    def stop() -> None:
        for word in words:
            quotas.set_limit(word, None)

    return stop


FAULT = Fault(
    "quota",
    f"the account may have no more than so many; code: {', '.join(WORDS)}, or several with commas",
    start,
    {"code": "vpc", "limit": 0},
)
