"""Load balancers whose security groups let nobody in: packets to them vanish, as packets to them do on AWS.

Knows addresses, no groups.
"""

from __future__ import annotations

from sandbox.network import iproute


class Doors:
    """What is shut now. Told by one thread at a time."""

    def __init__(self) -> None:
        self._shut: frozenset[str] = frozenset()

    def follow(self, shut: frozenset[str]) -> None:
        """These addresses, and no others."""
        for address in shut - self._shut:
            iproute.cut(address)
        for address in self._shut - shut:
            iproute.mend(address)
        self._shut = shut
