"""Why an image could not be pulled: for good, or because of a network or a registry that may recover.

Pure: reads the container runtime's words.
"""

from __future__ import annotations

import re

_PASSING = re.compile(
    r"connection reset|broken pipe|unexpected EOF|: EOF|i/o timeout|TLS handshake timeout|deadline exceeded"
    r"|429 Too Many|toomanyrequests|too many requests|rate exceeded|pull QPS exceeded"
    r"|\b50[0234] |temporary failure in name resolution|server misbehaving",
    re.I,
)
PATIENCE = 240.0
"""Seconds for a pull that may yet succeed: the kubelet tries after 10, 20, 40, 80 s."""


def grace_period(message: str) -> float:
    """How long this reason may be seen before it is taken for final: 0 where trying again cannot help."""
    return PATIENCE if _PASSING.search(message) else 0.0
