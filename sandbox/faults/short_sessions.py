"""Temporary credentials live for seconds, whatever was asked for: AWS gives no less than 15 minutes."""

from __future__ import annotations

import datetime
from typing import Any

from moto.sts.models import AssumedRole, Token

from sandbox.faults.fault import Fault, FaultContext, Options, Stop
from sandbox.moto_patches import sts_sessions


def start(context: FaultContext, options: Options) -> Stop:
    lifetime = datetime.timedelta(seconds=options["seconds"])
    undo = [_shorten(AssumedRole, lifetime), _shorten(Token, lifetime)]

    def stop() -> None:
        for each in undo:
            each()

    return stop


def _shorten(kind: Any, lifetime: datetime.timedelta) -> Stop:
    begin = kind.__init__

    def shortened(self: Any, *arguments: Any, **named: Any) -> None:
        begin(self, *arguments, **named)
        self.expiration = sts_sessions.now() + lifetime

    def stop() -> None:
        kind.__init__ = begin

    kind.__init__ = shortened
    return stop


FAULT = Fault(
    "short-sessions",
    "temporary credentials issued from now on live so many seconds, whatever lifetime was asked for",
    start,
    {"seconds": 60.0},
)
