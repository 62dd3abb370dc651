"""EKS updates: a change of a cluster or node group runs in the background and can be described.

moto answers UpdateClusterConfig with the cluster, drops what a request leaves out, has no DescribeUpdate.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.eks import exceptions, responses, urls

log = logging.getLogger("updates")
PATH = "{0}/clusters/(?P<name>[^/]+)/updates/(?P<updateId>[^/]+)$"


class Updates:
    """Every update of the instance, by id."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, Any]] = {}

    def begin(self, kind: str, work: Callable[[], None], params: tuple[Any, ...] = ()) -> dict[str, Any]:
        """Start `work` beside the answer; the update that is answered follows it."""
        update: dict[str, Any] = {
            "id": str(uuid.uuid4()),
            "status": "InProgress",
            "type": kind,
            "params": list(params),
            "createdAt": datetime.now(UTC).replace(tzinfo=None),
            "errors": [],
        }
        self._known[update["id"]] = update
        threading.Thread(target=self._follow, args=(update, work), name="update", daemon=True).start()
        return dict(update)

    def find(self, identifier: str) -> dict[str, Any] | None:
        return self._known.get(identifier)

    def _follow(self, update: dict[str, Any], work: Callable[[], None]) -> None:
        try:
            work()
            update["status"] = "Successful"
        except Exception as error:
            log.exception("update %s", update["id"])
            update["errors"] = [{"errorCode": "Unknown", "errorMessage": str(error)[:300]}]
            update["status"] = "Failed"


def install(updates: Updates) -> None:
    """Patch moto's EKS answers."""

    def describe_update(self: Any) -> Any:
        found = updates.find(self._get_param("updateId"))
        if found is None:
            raise exceptions.ResourceNotFoundException(
                clusterName=self._get_param("name"),
                nodegroupName=None,
                fargateProfileName=None,
                addonName=None,
                message="No update found",
            )
        return ActionResult({"update": found})

    def update_cluster_config(self: Any) -> Any:
        name, config = self._get_param("name"), self._get_param("resourcesVpcConfig") or {}
        cluster = self.eks_backend.describe_cluster(name=name)
        merged = {**cluster.resources_vpc_config, **config}
        self.eks_backend.update_cluster_config(
            name=name, resources_vpc_config=merged, logging=self._get_param("logging")
        )
        kind = "EndpointAccessUpdate" if config else "LoggingUpdate"
        return ActionResult({"update": updates.begin(kind, lambda: None)})

    urls.url_paths[PATH] = urls.response.dispatch
    responses.EKSResponse.describe_update = describe_update
    responses.EKSResponse.update_cluster_config = update_cluster_config
