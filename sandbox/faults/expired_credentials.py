"""Everybody's credentials run out: users' keys, and the sessions made with them. Pods keep theirs."""

from __future__ import annotations

import datetime

from sandbox.account import identity, sessions
from sandbox.faults.fault import Fault, Options, Reach, Stop


def start(reach: Reach, options: Options) -> Stop:
    moment = sessions.now() + datetime.timedelta(seconds=options["seconds"])
    for key in identity.keys_of_people():
        sessions.end(key, moment)
    return reach.sign_in


FAULT = Fault(
    "expired-credentials",
    "in so many seconds the credentials in use have expired; `fault stop` signs in again: the next "
    "`exec` has new ones, the old ones stay expired",
    start,
    {"seconds": 0.0},
)
