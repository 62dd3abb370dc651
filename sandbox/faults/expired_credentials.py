"""Everybody's credentials run out: users' keys, and the sessions made with them. Pods keep theirs."""

from __future__ import annotations

import datetime

from sandbox.faults.fault import Fault, Options, Reach, Stop
from sandbox.moto_patches import identity, sts_sessions


def start(reach: Reach, options: Options) -> Stop:
    moment = sts_sessions.now() + datetime.timedelta(seconds=options["seconds"])
    for key in identity.keys_of_people():
        sts_sessions.end(key, moment)
    return reach.sign_in


FAULT = Fault(
    "expired-credentials",
    "in so many seconds the credentials in use have expired; `fault stop` signs in again: the next "
    "`exec` has new ones, the old ones stay expired",
    start,
    {"seconds": 0.0},
)
