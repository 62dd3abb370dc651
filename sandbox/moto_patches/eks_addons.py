"""EKS add-ons and pod identity associations, as records only: nothing of them runs in the sandbox.

moto has neither. They are stored in moto's cluster object.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from sandbox.moto_patches.backends import ACCOUNT, backend
from sandbox.moto_patches.eks_operations import Operation, add_operations, eks_error, now

VERSIONS = {
    "vpc-cni": "v1.21.1-eksbuild.1",
    "coredns": "v1.12.4-eksbuild.1",
    "kube-proxy": "v1.35.0-eksbuild.2",
    "aws-ebs-csi-driver": "v1.53.0-eksbuild.1",
    "eks-pod-identity-agent": "v1.3.10-eksbuild.1",
    "metrics-server": "v0.8.0-eksbuild.3",
}
_ADDONS = "/clusters/(?P<name>[^/]+)/addons"
_ADDON = _ADDONS + "/(?P<addonName>[^/]+)"
_ASSOCIATIONS = "/clusters/(?P<name>[^/]+)/pod-identity-associations"
_ASSOCIATION = _ASSOCIATIONS + "/(?P<associationId>[^/]+)"
SUMMARY = ("clusterName", "namespace", "serviceAccount", "associationArn", "associationId")


def install() -> None:
    """Add the operations."""
    add_operations(
        Operation("DescribeAddonVersions", "GET", "/addons/supported-versions", _versions),
        Operation("CreateAddon", "POST", _ADDONS, _create),
        Operation("ListAddons", "GET", _ADDONS, lambda response: {"addons": sorted(_of(response))}),
        Operation("DescribeAddon", "GET", _ADDON, lambda response: {"addon": _addon(response)}),
        Operation("DeleteAddon", "DELETE", _ADDON, _delete),
        Operation("CreatePodIdentityAssociation", "POST", _ASSOCIATIONS, _associate),
        Operation("ListPodIdentityAssociations", "GET", _ASSOCIATIONS, _list),
        Operation("DescribePodIdentityAssociation", "GET", _ASSOCIATION, _associated()),
        Operation("DeletePodIdentityAssociation", "DELETE", _ASSOCIATION, _associated(remove=True)),
    )


def _cluster(response: Any) -> Any:
    name = response._get_param("name") or response._get_param("clusterName")
    return response.eks_backend.describe_cluster(name=name)


def _of(response: Any) -> dict[str, Any]:
    found: dict[str, Any] = _cluster(response).__dict__.setdefault("addons", {})
    return found


def _associations(response: Any) -> dict[str, Any]:
    found: dict[str, Any] = _cluster(response).__dict__.setdefault("pod_identity_associations", {})
    return found


def _versions(response: Any) -> dict[str, Any]:
    name, kubernetes = response._get_param("addonName"), response._get_param("kubernetesVersion")
    fits = {"clusterVersion": kubernetes or "1.35", "platformVersions": ["*"], "defaultVersion": True}
    return {
        "addons": [
            {
                "addonName": each,
                "type": "networking" if each == "vpc-cni" else "infra-management",
                "owner": "aws",
                "publisher": "eks",
                "addonVersions": [
                    {"addonVersion": version, "architecture": ["amd64", "arm64"], "compatibilities": [fits]}
                ],
            }
            for each, version in VERSIONS.items()
            if name in (None, "", each)
        ]
    }


def _create(response: Any) -> dict[str, Any]:
    cluster, name = _cluster(response), response._get_param("addonName")
    if name not in VERSIONS:
        message = f"Addon {name} specified is not supported"
        raise eks_error("InvalidParameterException", cluster.name, message)
    if name in _of(response):
        raise eks_error("ResourceInUseException", cluster.name, "Addon already exists.")
    made = now()
    addon = _of(response)[name] = {
        "addonName": name,
        "clusterName": cluster.name,
        "status": "ACTIVE",
        "addonVersion": response._get_param("addonVersion") or VERSIONS[name],
        "health": {"issues": []},
        "addonArn": f"arn:aws:eks:{response.region}:{ACCOUNT}:addon/{cluster.name}/{name}/{uuid.uuid4()}",
        "createdAt": made,
        "modifiedAt": made,
        "serviceAccountRoleArn": response._get_param("serviceAccountRoleArn") or "",
        "tags": dict(response._get_param("tags") or {}),
    }
    return {"addon": addon}


def _addon(response: Any) -> dict[str, Any]:
    cluster, name = _cluster(response), response._get_param("addonName")
    if name not in _of(response):
        raise eks_error("ResourceNotFoundException", cluster.name, f"No addon: {name} found in cluster.")
    found: dict[str, Any] = _of(response)[name]
    return found


def _delete(response: Any) -> dict[str, Any]:
    addon = _addon(response)
    del _of(response)[addon["addonName"]]
    return {"addon": {**addon, "status": "DELETING"}}


def _associate(response: Any) -> dict[str, Any]:
    cluster, role = _cluster(response), response._get_param("roleArn")
    service_account = {
        "namespace": response._get_param("namespace"),
        "serviceAccount": response._get_param("serviceAccount"),
    }
    if role not in {each.arn for each in list(backend("iam", "").roles.values())}:
        message = f"Role provided in the request does not exist: {role}"
        raise eks_error("InvalidParameterException", cluster.name, message)
    if any(service_account.items() <= each.items() for each in _associations(response).values()):
        message = (
            f"Association already exists: {service_account['namespace']}/{service_account['serviceAccount']}"
        )
        raise eks_error("ResourceInUseException", cluster.name, message)
    identifier, made = f"a-{uuid.uuid4().hex[:17]}", now()
    arn = f"arn:aws:eks:{response.region}:{ACCOUNT}:podidentityassociation/{cluster.name}/{identifier}"
    association = _associations(response)[identifier] = {
        "clusterName": cluster.name,
        **service_account,
        "roleArn": role,
        "associationArn": arn,
        "associationId": identifier,
        "tags": dict(response._get_param("tags") or {}),
        "createdAt": made,
        "modifiedAt": made,
    }
    return {"association": association}


def _list(response: Any) -> dict[str, Any]:
    wanted = {key: response._get_param(key) for key in ("namespace", "serviceAccount")}
    wanted = {key: value for key, value in wanted.items() if value}
    found = [each for each in _associations(response).values() if wanted.items() <= each.items()]
    return {"associations": [{key: each[key] for key in SUMMARY} for each in found]}


def _associated(remove: bool = False) -> Callable[[Any], dict[str, Any]]:
    def answer(response: Any) -> dict[str, Any]:
        cluster, identifier = _cluster(response), response._get_param("associationId")
        if identifier not in _associations(response):
            message = f"Unable to find associationId {identifier}"
            raise eks_error("ResourceNotFoundException", cluster.name, message)
        found = _associations(response)[identifier]
        if remove:
            del _associations(response)[identifier]
        return {"association": found}

    return answer
