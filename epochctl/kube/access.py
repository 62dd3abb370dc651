"""The way into the environment's cluster: an API client and a helm, from what EKS says about it.

Knows no step; touches nobody's kubeconfig.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from epochctl.aws.eks import ClusterAccess, Eks
from epochctl.config.settings import Settings
from epochctl.kube import Kube
from epochctl.tools.helm import Helm, ReleaseState, kubeconfig
from epochctl.tools.helm.client import TIMEOUT
from epochctl.workflow.step import Context
from epochctl.workflow.waiting import Pending, Ready


@dataclass(frozen=True)
class Cluster:
    """A cluster that can be asked."""

    access: ClusterAccess
    kube: Kube
    helm: Helm


def reach(eks: Eks, settings: Settings, region: str) -> Cluster | None:
    """The environment's cluster, or None where there is none (or it has no address yet, or is another's)."""
    access = eks.describe(settings.full_name)
    if access is None or not access.endpoint or not _ours(access, settings):
        return None
    path = kubeconfig.write(
        private_kubeconfig(settings, region),
        name=access.name,
        endpoint=access.endpoint,
        ca_pem=access.ca_pem,
        argv=_asking(access),
    )
    helm = Helm(path, path.parent / "helm", _who(eks, access), _token(eks, access))
    return Cluster(access, connect(eks, access), helm)


def connect(eks: Eks, access: ClusterAccess) -> Kube:
    """A client of that cluster with a fresh credential; refused, it says who we are and whom the cluster
    knows.
    """
    return Kube(access, _token(eks, access), _who(eks, access))


def _token(eks: Eks, access: ClusterAccess) -> Callable[[], str]:
    return lambda: eks.token(access.name).value.get_secret_value()


def _who(eks: Eks, access: ClusterAccess) -> Callable[[], str]:
    return lambda: eks.who(access.name)


def private_kubeconfig(settings: Settings, region: str) -> Path:
    """Where `reach` leaves the kubeconfig that helm is given."""
    return settings.state_directory(region).absolute() / "kubeconfig"


def document(access: ClusterAccess) -> dict[str, object]:
    """The same as data, under a name that no other account's or region's cluster has."""
    name = f"{access.name}.{access.region}.{access.account_id}"
    return kubeconfig.document(name, access.endpoint, access.ca_pem, _asking(access))


def _asking(access: ClusterAccess) -> tuple[str, ...]:
    """What prints a token for it."""
    argv = (sys.executable, "-m", "epochctl", "token")
    return (*argv, "--cluster", access.name, "--region", access.region)


def foreign(eks: Eks, settings: Settings) -> bool:
    """Whether the cluster of that name is somebody else's: then nothing that bears its name is ours."""
    access = eks.describe(settings.full_name)
    return access is not None and not _ours(access, settings)


def _ours(access: ClusterAccess, settings: Settings) -> bool:
    return settings.tags.items() <= dict(access.tags).items()


def settled(ctx: Context, helm: Helm, name: str, namespace: str) -> ReleaseState | None:
    """The release once nobody is at work on it. What a killed helm left half done is ended, and said."""

    def probe() -> Ready[ReleaseState | None] | Pending:
        state = helm.release(name, namespace)
        left = helm.seconds_until_stale(state) if state else 0.0
        if state is None or left <= 0:
            return Ready(state)
        return Pending(f"it is {state.status}; {left:.0f} s more, then that helm is taken for dead")

    state = ctx.wait_for(f"another helm to finish with release {name}", probe, deadline=TIMEOUT + 30)
    if state is None or not state.pending:
        return state
    ctx.say(helm.repair(state))
    return helm.release(name, namespace)
