"""The cluster of the settings, for commands that read it. Knows no command's meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from epochctl.clients.aws import Aws
    from epochctl.clients.kube import Kube


def connected(aws: Aws, name: str) -> Kube:
    """A connection with a fresh credential. Raises NotFoundError where there is no such cluster."""
    from epochctl.clients.eks import Eks
    from epochctl.cluster.access import connect
    from epochctl.errors import NotFoundError

    eks = Eks(aws)
    access = eks.describe(name)
    if access is None or not access.endpoint:
        raise NotFoundError(f"there is no cluster {name} in {aws.region}", fix="epochctl up")
    return connect(eks, access)
