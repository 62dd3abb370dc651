"""The cluster of the settings, for commands that read it. Knows no command's meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from epochctl.aws.session import Aws
    from epochctl.kube import Kube


def connected(aws: Aws, name: str) -> Kube:
    """A connection with a fresh credential. Raises NotFoundError where there is no such cluster."""
    from epochctl.aws.eks import Eks
    from epochctl.errors import NotFoundError
    from epochctl.kube.access import connect

    eks = Eks(aws)
    access = eks.describe(name)
    if access is None or not access.endpoint:
        raise NotFoundError(f"there is no cluster {name} in {aws.region}", fix="epochctl up")
    return connect(eks, access)
