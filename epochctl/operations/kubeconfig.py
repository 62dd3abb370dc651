"""`kubeconfig` and `token`: access to the cluster for kubectl."""

from __future__ import annotations

import json
from pathlib import Path

from epochctl.command import Command, Kubectl
from epochctl.config.settings import Settings
from epochctl.errors import NotFoundError
from epochctl.kube import user_kubeconfig
from epochctl.kube.access import kubeconfig_document, private_kubeconfig, reach
from epochctl.operations.dependencies import Dependencies


def path(settings: Settings, dependencies: Dependencies) -> Path:
    """Write the cluster's private kubeconfig and return its path. Raises NotFoundError without a cluster."""
    eks = dependencies.clients(settings.region).eks
    if reach(eks, settings, settings.region) is None:
        raise _no_cluster(settings)
    return private_kubeconfig(settings, settings.region)


def merge(settings: Settings, dependencies: Dependencies, into: Path) -> tuple[str, ...]:
    """Add the cluster to the user's kubeconfig; return what was done, a line each."""
    cluster = reach(dependencies.clients(settings.region).eks, settings, settings.region)
    if cluster is None:
        raise _no_cluster(settings)
    done = user_kubeconfig.merge(into, kubeconfig_document(cluster.access))
    kept = f" The file as it was: {done.backup}" if done.backup else ""
    head = (
        f"{done.path} has it now, as context {done.context}.{kept}"
        if done.changed
        else f"{done.path} has it already, as context {done.context}."
    )
    stays = f"Its current context stays. To use this one: {Kubectl('config', 'use-context', done.context)}"
    return (head,) if done.current else (head, stays)


def token(dependencies: Dependencies, cluster: str, region: str) -> str:
    """Return a credential for the cluster as JSON.

    The format is an ExecCredential of client.authentication.k8s.io/v1, as kubectl's exec plugins print it.
    """
    found = dependencies.clients(region).eks.token(cluster)
    status = {
        "token": found.value.get_secret_value(),
        "expirationTimestamp": found.expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    api_version = "client.authentication.k8s.io/v1"
    return json.dumps({"apiVersion": api_version, "kind": "ExecCredential", "status": status})


def _no_cluster(settings: Settings) -> NotFoundError:
    name = f"{settings.full_name} of ours in {settings.region}"
    return NotFoundError(f"there is no cluster {name}", fix=Command("up"))
