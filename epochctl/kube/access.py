"""Access to the environment's cluster: an API client and helm, from what EKS says about it.

The user's own kubeconfig is not touched.
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
    """The environment's cluster with its clients."""

    access: ClusterAccess
    kube: Kube
    helm: Helm


def reach(eks: Eks, settings: Settings, region: str) -> Cluster | None:
    """Return the environment's cluster, or None: there is none, it has no endpoint yet, or another owner."""
    access = eks.describe(settings.full_name)
    if access is None or not access.endpoint or not _is_managed(access, settings):
        return None
    path = kubeconfig.write(
        private_kubeconfig(settings, region),
        name=access.name,
        endpoint=access.endpoint,
        ca_pem=access.ca_pem,
        argv=_token_argv(access),
    )
    helm = Helm(path, path.parent / "helm", _who(eks, access), _token(eks, access))
    return Cluster(access, connect(eks, access), helm)


def connect(eks: Eks, access: ClusterAccess) -> Kube:
    """Return a client of that cluster. Its errors say who the caller is and whom the cluster knows."""
    return Kube(access, _token(eks, access), _who(eks, access))


def _token(eks: Eks, access: ClusterAccess) -> Callable[[], str]:
    return lambda: eks.token(access.name).value.get_secret_value()


def _who(eks: Eks, access: ClusterAccess) -> Callable[[], str]:
    return lambda: eks.describe_access(access.name)


def private_kubeconfig(settings: Settings, region: str) -> Path:
    """Return where `reach` writes the kubeconfig for helm."""
    return settings.state_directory(region).absolute() / "kubeconfig"


def kubeconfig_document(access: ClusterAccess) -> dict[str, object]:
    """Return a kubeconfig as data, with a name that no other account's or region's cluster has."""
    name = f"{access.name}.{access.region}.{access.account_id}"
    return kubeconfig.document(name, access.endpoint, access.ca_pem, _token_argv(access))


def _token_argv(access: ClusterAccess) -> tuple[str, ...]:
    """Return the command that prints a token for it."""
    argv = (sys.executable, "-m", "epochctl", "token")
    return (*argv, "--cluster", access.name, "--region", access.region)


def has_other_owner(eks: Eks, settings: Settings) -> bool:
    """Return whether the cluster of that name lacks this environment's tags: so does all with its name."""
    access = eks.describe(settings.full_name)
    return access is not None and not _is_managed(access, settings)


def _is_managed(access: ClusterAccess, settings: Settings) -> bool:
    return settings.tags.items() <= dict(access.tags).items()


def wait_for_release(ctx: Context, helm: Helm, name: str, namespace: str) -> ReleaseState | None:
    """Return the release once no helm is at work on it. What a killed helm left half done is repaired."""

    def probe() -> Ready[ReleaseState | None] | Pending:
        state = helm.release(name, namespace)
        left = helm.seconds_until_stale(state) if state else 0.0
        if state is None or left <= 0:
            return Ready(state)
        return Pending(f"it is {state.status}; {left:.0f} s more, then that helm is taken for dead")

    state = ctx.wait_for(f"another helm to finish with release {name}", probe, deadline=TIMEOUT + 30)
    if state is None or not state.pending:
        return state
    ctx.report(helm.repair(state))
    return helm.release(name, namespace)
