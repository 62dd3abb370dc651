"""What of ours exists in the account, by the terraform address that it has in terraform/, with its import id.

After a kill -9, AWS may hold objects that the state does not know: names and tags find them again. Only what
carries our tags (or hangs on something that does) is ever told. Changes nothing; knows no terraform program.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from epochctl.aws.session import Aws

_NETWORK, _CLUSTER, _REGISTRY = "module.network.", "module.cluster.", "module.registry."
_ANYWHERE = "0.0.0.0/0"
ABSENT = "ResourceNotFoundException"


def iam_prefix(name: str, region: str) -> str:
    """The stem of our IAM names, as modules/cluster cuts it."""
    stem = name if len(name) <= 30 else f"{name[:23]}-{hashlib.sha1(name.encode()).hexdigest()[:6]}"
    return f"{stem}-{region}"


class ImportIds:
    """name: the full name of the environment; tags: what marks its objects; access: who shall be entered."""

    def __init__(self, aws: Aws, name: str, tags: dict[str, str], access: tuple[str, ...] = ()) -> None:
        self._aws, self._name, self._tags, self._access = aws, name, tags, access

    def find(self) -> dict[str, str]:
        """Address -> import id of everything of ours that terraform/ describes."""
        return {**self._network(), **self._cluster(), **self._identities(), **self._registry()}

    def _network(self) -> dict[str, str]:
        named = {"Name": self._name}
        found: dict[str, str] = {}
        for kind, operation, key, id in (
            ("aws_vpc.this", "describe_vpcs", "Vpcs", "VpcId"),
            (
                "aws_internet_gateway.this",
                "describe_internet_gateways",
                "InternetGateways",
                "InternetGatewayId",
            ),
        ):
            for item in sorted(self._ec2(operation, key), key=self._in_use):  # of two, the one in use
                if _tags(item).items() >= named.items():
                    found[_NETWORK + kind] = item[id]
        for item in self._ec2("describe_launch_templates", "LaunchTemplates"):
            if item["LaunchTemplateName"] == f"{self._name}-node":
                found[_CLUSTER + "aws_launch_template.node"] = item["LaunchTemplateId"]
        return {**found, **self._subnets(), **self._gateways()}

    def _in_use(self, item: dict[str, Any]) -> bool:
        """Of a VPC or an internet gateway: whether other things of ours hang on it."""
        if "InternetGatewayId" in item:
            return bool(item.get("Attachments"))
        inside = self._ec2("describe_subnets", "Subnets") + self._ec2("describe_route_tables", "RouteTables")
        return item["VpcId"] in {other["VpcId"] for other in inside}

    def _subnets(self) -> dict[str, str]:
        zones: dict[str, str] = {}
        found: dict[str, str] = {}
        for item in self._ec2("describe_subnets", "Subnets"):
            for side in ("public", "private"):
                if _tags(item).get("Name") == f"{self._name}-{side}-{item['AvailabilityZone']}":
                    zones[item["SubnetId"]] = item["AvailabilityZone"]
                    found[f'{_NETWORK}aws_subnet.{side}["{item["AvailabilityZone"]}"]'] = item["SubnetId"]
        tables = self._ec2("describe_route_tables", "RouteTables")
        for item in sorted(tables, key=lambda item: bool(item.get("Associations"))):
            side, _, zone = _tags(item).get("Name", "").removeprefix(f"{self._name}-").partition("-")
            if side in {"public", "private"}:
                found |= self._route_table(item, side, f'["{zone}"]' if zone else "", zones)
        return found

    def _route_table(
        self, item: dict[str, Any], side: str, key: str, zones: dict[str, str]
    ) -> dict[str, str]:
        id = item["RouteTableId"]
        found = {f"{_NETWORK}aws_route_table.{side}{key}": id}
        if any(route.get("DestinationCidrBlock") == _ANYWHERE for route in item.get("Routes", [])):
            found[f"{_NETWORK}aws_route.{side}{key}"] = f"{id}_{_ANYWHERE}"
        for association in item.get("Associations", []):
            subnet = association.get("SubnetId", "")
            if subnet in zones:
                found[f'{_NETWORK}aws_route_table_association.{side}["{zones[subnet]}"]'] = f"{subnet}/{id}"
        return found

    def _gateways(self) -> dict[str, str]:
        found: dict[str, str] = {}
        addresses = self._ec2("describe_addresses", "Addresses")
        for item in sorted(addresses, key=lambda item: "AssociationId" in item):
            zone = _tags(item).get("Name", "").removeprefix(f"{self._name}-nat-")
            found[f'{_NETWORK}aws_eip.nat["{zone}"]'] = item["AllocationId"]
        for item in self._ec2("describe_nat_gateways", "NatGateways"):
            zone = _tags(item).get("Name", "").removeprefix(f"{self._name}-")
            if item["State"] in {"pending", "available"}:
                found[f'{_NETWORK}aws_nat_gateway.this["{zone}"]'] = item["NatGatewayId"]
        return found

    def cluster_status(self) -> dict[str, str]:
        """Address -> status (CREATING, ACTIVE, ...) of cluster and node group; only what exists and is
        ours."""
        eks, found = self._aws.client("eks"), {}
        cluster = self._ask(lambda: eks.describe_cluster(name=self._name), "ResourceNotFoundException")
        if cluster is None or not self._ours(cluster["cluster"].get("tags", {})):
            return {}
        found[_CLUSTER + "aws_eks_cluster.this"] = cluster["cluster"]["status"]
        group = self._ask(
            lambda: eks.describe_nodegroup(clusterName=self._name, nodegroupName=self._name),
            "ResourceNotFoundException",
        )
        if group is not None:
            found[_CLUSTER + "aws_eks_node_group.this"] = group["nodegroup"]["status"]
        return found

    def cluster_made(self) -> datetime | None:
        """When our cluster was made; None where there is none of ours."""
        eks = self._aws.client("eks")
        found = self._ask(lambda: eks.describe_cluster(name=self._name), "ResourceNotFoundException")
        if found is None or not self._ours(found["cluster"].get("tags", {})):
            return None
        made: datetime = found["cluster"]["createdAt"]
        return made

    def _cluster(self) -> dict[str, str]:
        ids = {"aws_eks_cluster.this": self._name, "aws_eks_node_group.this": f"{self._name}:{self._name}"}
        found = {
            address: ids[address.removeprefix(_CLUSTER)]
            for address, status in self.cluster_status().items()
            if status != "DELETING"
        }
        return found | (self._entered() if _CLUSTER + "aws_eks_cluster.this" in found else {})

    def _entered(self) -> dict[str, str]:
        """Access entries hang on the cluster. That of its creator, EKS has made by itself."""
        eks, found = self._aws.client("eks"), {}
        for principal in self._access:
            asked = partial(eks.describe_access_entry, clusterName=self._name, principalArn=principal)
            if self._ask(asked, ABSENT) is None:
                continue
            found[f'{_CLUSTER}aws_eks_access_entry.this["{principal}"]'] = f"{self._name}:{principal}"
            request = partial(
                eks.list_associated_access_policies, clusterName=self._name, principalArn=principal
            )
            told = self._ask(request, ABSENT) or {"associatedAccessPolicies": ()}
            for arn in (policy["policyArn"] for policy in told["associatedAccessPolicies"]):
                if arn.endswith("/AmazonEKSClusterAdminPolicy"):
                    address = f'{_CLUSTER}aws_eks_access_policy_association.this["{principal}"]'
                    found[address] = f"{self._name}#{principal}#{arn}"
        return found

    def _identities(self) -> dict[str, str]:
        stem = iam_prefix(self._name, self._aws.region)
        found = self._role("cluster", f"{stem}-cluster", "")
        found |= self._role("node", f"{stem}-node", "policy")
        found |= self._role("lb_controller", f"{stem}-lb-controller", "count")
        return {**found, **self._policy(f"{stem}-lb-controller"), **self._oidc()}

    def _role(self, label: str, name: str, keyed: str) -> dict[str, str]:
        iam = self._aws.client("iam")
        role = self._ask(lambda: iam.get_role(RoleName=name), "NoSuchEntity")
        if role is None or not self._ours(_tags(role["Role"])):
            return {}
        index = "[0]" if keyed == "count" else ""
        found = {f"{_CLUSTER}aws_iam_role.{label}{index}": name}
        attached = self._aws.call(lambda: iam.list_attached_role_policies(RoleName=name))["AttachedPolicies"]
        for policy in attached:
            key = f'["{policy["PolicyName"]}"]' if keyed == "policy" else index
            found[f"{_CLUSTER}aws_iam_role_policy_attachment.{label}{key}"] = f"{name}/{policy['PolicyArn']}"
        return found

    def _policy(self, name: str) -> dict[str, str]:
        iam, account = self._aws.client("iam"), self._aws.account_id()
        arn = f"arn:aws:iam::{account}:policy/{name}"
        policy = self._ask(lambda: iam.get_policy(PolicyArn=arn), "NoSuchEntity")
        if policy is None or not self._ours(_tags(policy["Policy"])):
            return {}
        return {_CLUSTER + "aws_iam_policy.lb_controller": arn}

    def _oidc(self) -> dict[str, str]:
        """Ours by its tags; one of the same name in another region is told apart by its issuer."""
        iam = self._aws.client("iam")
        listed = self._aws.call(lambda: iam.list_open_id_connect_providers())["OpenIDConnectProviderList"]
        for arn in (item["Arn"] for item in listed if f".{self._aws.region}." in item["Arn"]):
            request = partial(iam.get_open_id_connect_provider, OpenIDConnectProviderArn=arn)
            told = self._ask(request, "NoSuchEntity")
            if told is not None and self._ours(_tags(told)):
                return {_CLUSTER + "aws_iam_openid_connect_provider.this": arn}
        return {}

    def _registry(self) -> dict[str, str]:
        ecr = self._aws.client("ecr")
        listed = self._ask(
            lambda: ecr.describe_repositories(repositoryNames=[self._name]), "RepositoryNotFoundException"
        )
        if listed is None:
            return {}
        arn = listed["repositories"][0]["repositoryArn"]
        if not self._ours(_tags(self._aws.call(lambda: ecr.list_tags_for_resource(resourceArn=arn)))):
            return {}
        found = {_REGISTRY + "aws_ecr_repository.this": self._name}
        policy = self._ask(
            lambda: ecr.get_lifecycle_policy(repositoryName=self._name), "LifecyclePolicyNotFoundException"
        )
        return found | ({_REGISTRY + "aws_ecr_lifecycle_policy.this": self._name} if policy else {})

    def _ours(self, tags: dict[str, str]) -> bool:
        return tags.items() >= self._tags.items()

    def _ec2(self, operation: str, key: str) -> list[dict[str, Any]]:
        ec2 = self._aws.client("ec2")
        filters = [{"Name": f"tag:{name}", "Values": [value]} for name, value in self._tags.items()]
        if not ec2.can_paginate(operation):
            return list(self._aws.call(lambda: getattr(ec2, operation)(Filters=filters))[key])
        pages = ec2.get_paginator(operation).paginate(Filters=filters)
        return [item for page in self._aws.call(lambda: list(pages)) for item in page[key]]

    def _ask(self, request: Callable[[], Any], absent: str) -> Any | None:
        try:
            return self._aws.call(request, absent=(absent,))
        except LookupError:
            return None


def _tags(item: dict[str, Any]) -> dict[str, str]:
    listed = item.get("Tags") or item.get("tags") or []
    return {tag["Key"]: tag["Value"] for tag in listed}
