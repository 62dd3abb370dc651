"""A filter for load balancers whose security groups have no ingress rule: packets to them are dropped."""

from __future__ import annotations

from sandbox.network import iproute


class SecurityGroupFilter:
    """What is shut now. Told by one thread at a time."""

    def __init__(self) -> None:
        self._closed: frozenset[str] = frozenset()

    def update(self, closed: frozenset[str]) -> None:
        """These addresses, and no others."""
        for address in closed - self._closed:
            iproute.blackhole(address)
        for address in self._closed - closed:
            iproute.restore(address)
        self._closed = closed
