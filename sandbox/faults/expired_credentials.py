"""Expired credentials: the keys of users and of the sessions made with them. Pods keep theirs."""

from __future__ import annotations

import datetime

from sandbox.faults.fault import Fault, FaultContext, Options, Stop
from sandbox.moto_patches import identity, sts_sessions


def start(context: FaultContext, options: Options) -> Stop:
    moment = sts_sessions.now() + datetime.timedelta(seconds=options["seconds"])
    for key in identity.access_keys_of_users():
        sts_sessions.expire_at(key, moment)
    return context.renew_credentials


FAULT = Fault(
    "expired-credentials",
    "in so many seconds the credentials in use have expired; `fault stop` signs in again: the next "
    "`exec` has new ones, the old ones stay expired",
    start,
    {"seconds": 0.0},
)
