"""What of ours exists in the account, by the terraform address that it has in terraform/, with its import id.

After a kill -9, AWS may hold objects that the state does not know: names and tags find them again. Only what
carries our tags (or hangs on something that does) is ever told. Changes nothing; knows no terraform program.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from epochctl.aws.iam import iam_prefix
from epochctl.aws.session import Aws
from epochctl.aws.tags import has_tags, tag_dict, tag_filters

_NETWORK, _CLUSTER, _REGISTRY = "module.network.", "module.cluster.", "module.registry."
_ANYWHERE = "0.0.0.0/0"
_ABSENT = (
    "ResourceNotFoundException",  # EKS
    "NoSuchEntity",  # IAM
    "RepositoryNotFoundException",
    "LifecyclePolicyNotFoundException",
)


class ImportIds:
    """name: the full name of the environment; tags: what marks its objects; access: who shall be entered."""

    def __init__(self, aws: Aws, name: str, tags: dict[str, str], access: tuple[str, ...] = ()) -> None:
        self._aws, self._name, self._tags, self._access = aws, name, tags, access

    def find(self) -> dict[str, str]:
        """Address -> import id of everything of ours that terraform/ describes."""
        return {**self._network(), **self._cluster(), **self._identities(), **self._registry()}

    def _network(self) -> dict[str, str]:
        found: dict[str, str] = {}
        vpcs = self._ec2("describe_vpcs", "Vpcs")
        gateways = self._ec2("describe_internet_gateways", "InternetGateways")
        # Of two with the same name, the later one in the order counts: the one in use.
        for item in sorted(vpcs, key=self._is_used_vpc):
            if _name(item) == self._name:
                found[_NETWORK + "aws_vpc.this"] = item["VpcId"]
        for item in sorted(gateways, key=lambda item: bool(item.get("Attachments"))):
            if _name(item) == self._name:
                found[_NETWORK + "aws_internet_gateway.this"] = item["InternetGatewayId"]
        for item in self._ec2("describe_launch_templates", "LaunchTemplates"):
            if item["LaunchTemplateName"] == f"{self._name}-node":
                found[_CLUSTER + "aws_launch_template.node"] = item["LaunchTemplateId"]
        return {**found, **self._subnets(), **self._gateways()}

    def _is_used_vpc(self, item: dict[str, Any]) -> bool:
        """Return whether a VPC has subnets or route tables of this environment."""
        inside = self._ec2("describe_subnets", "Subnets") + self._ec2("describe_route_tables", "RouteTables")
        return item["VpcId"] in {other["VpcId"] for other in inside}

    def _subnets(self) -> dict[str, str]:
        zones: dict[str, str] = {}
        found: dict[str, str] = {}
        for item in self._ec2("describe_subnets", "Subnets"):
            for side in ("public", "private"):
                if _name(item) == f"{self._name}-{side}-{item['AvailabilityZone']}":
                    zones[item["SubnetId"]] = item["AvailabilityZone"]
                    found[f'{_NETWORK}aws_subnet.{side}["{item["AvailabilityZone"]}"]'] = item["SubnetId"]
        tables = self._ec2("describe_route_tables", "RouteTables")
        for item in sorted(tables, key=lambda item: bool(item.get("Associations"))):
            side, _, zone = _name(item).removeprefix(f"{self._name}-").partition("-")
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
            zone = _name(item).removeprefix(f"{self._name}-nat-")
            found[f'{_NETWORK}aws_eip.nat["{zone}"]'] = item["AllocationId"]
        for item in self._ec2("describe_nat_gateways", "NatGateways"):
            zone = _name(item).removeprefix(f"{self._name}-")
            if item["State"] in {"pending", "available"}:
                found[f'{_NETWORK}aws_nat_gateway.this["{zone}"]'] = item["NatGatewayId"]
        return found

    def cluster_status(self) -> dict[str, str]:
        """Return the status (CREATING, ACTIVE, ...) of cluster and node group by address; {} where there
        is no cluster with our tags.
        """
        cluster = self._described_cluster()
        if cluster is None:
            return {}
        found = {_CLUSTER + "aws_eks_cluster.this": cluster["status"]}
        group = self._find("eks", "describe_nodegroup", clusterName=self._name, nodegroupName=self._name)
        if group is not None:
            found[_CLUSTER + "aws_eks_node_group.this"] = group["nodegroup"]["status"]
        return found

    def cluster_created_at(self) -> datetime | None:
        """Return when our cluster was created; None where there is no cluster with our tags."""
        cluster = self._described_cluster()
        return cluster["createdAt"] if cluster else None

    def _described_cluster(self) -> dict[str, Any] | None:
        answer = self._find("eks", "describe_cluster", name=self._name)
        cluster = answer["cluster"] if answer else {}
        return cluster if answer and has_tags(cluster.get("tags", {}), self._tags) else None

    def _cluster(self) -> dict[str, str]:
        ids = {"aws_eks_cluster.this": self._name, "aws_eks_node_group.this": f"{self._name}:{self._name}"}
        found = {
            address: ids[address.removeprefix(_CLUSTER)]
            for address, status in self.cluster_status().items()
            if status != "DELETING"
        }
        return found | (self._access_entries() if _CLUSTER + "aws_eks_cluster.this" in found else {})

    def _access_entries(self) -> dict[str, str]:
        """Access entries hang on the cluster. That of its creator, EKS has made by itself."""
        found = {}
        for principal in self._access:
            names = {"clusterName": self._name, "principalArn": principal}
            if self._find("eks", "describe_access_entry", **names) is None:
                continue
            found[f'{_CLUSTER}aws_eks_access_entry.this["{principal}"]'] = f"{self._name}:{principal}"
            answer = self._find("eks", "list_associated_access_policies", **names) or {}
            for arn in (policy["policyArn"] for policy in answer.get("associatedAccessPolicies", ())):
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
        role = self._find("iam", "get_role", RoleName=name)
        if role is None or not self._is_owned(role["Role"]):
            return {}
        index = "[0]" if keyed == "count" else ""
        found = {f"{_CLUSTER}aws_iam_role.{label}{index}": name}
        attached = self._aws.items("iam", "list_attached_role_policies", "AttachedPolicies", RoleName=name)
        for policy in attached:
            key = f'["{policy["PolicyName"]}"]' if keyed == "policy" else index
            found[f"{_CLUSTER}aws_iam_role_policy_attachment.{label}{key}"] = f"{name}/{policy['PolicyArn']}"
        return found

    def _policy(self, name: str) -> dict[str, str]:
        arn = f"arn:aws:iam::{self._aws.account_id()}:policy/{name}"
        policy = self._find("iam", "get_policy", PolicyArn=arn)
        if policy is None or not self._is_owned(policy["Policy"]):
            return {}
        return {_CLUSTER + "aws_iam_policy.lb_controller": arn}

    def _oidc(self) -> dict[str, str]:
        """Ours by its tags; one of the same name in another region is told apart by its issuer."""
        listed = self._aws.items("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList")
        for arn in (item["Arn"] for item in listed if f".{self._aws.region}." in item["Arn"]):
            provider = self._find("iam", "get_open_id_connect_provider", OpenIDConnectProviderArn=arn)
            if provider is not None and self._is_owned(provider):
                return {_CLUSTER + "aws_iam_openid_connect_provider.this": arn}
        return {}

    def _registry(self) -> dict[str, str]:
        listed = self._find("ecr", "describe_repositories", repositoryNames=[self._name])
        if listed is None:
            return {}
        arn = listed["repositories"][0]["repositoryArn"]
        tags = self._aws.request("ecr", "list_tags_for_resource", resourceArn=arn)["tags"]
        if not has_tags(tag_dict(tags), self._tags):
            return {}
        found = {_REGISTRY + "aws_ecr_repository.this": self._name}
        policy = self._find("ecr", "get_lifecycle_policy", repositoryName=self._name)
        return found | ({_REGISTRY + "aws_ecr_lifecycle_policy.this": self._name} if policy else {})

    def _is_owned(self, item: dict[str, Any]) -> bool:
        return has_tags(tag_dict(item.get("Tags")), self._tags)

    def _ec2(self, operation: str, key: str) -> list[dict[str, Any]]:
        return self._aws.items("ec2", operation, key, Filters=tag_filters(self._tags))

    def _find(self, service: str, operation: str, **arguments: Any) -> dict[str, Any] | None:
        return self._aws.find(service, operation, absent=_ABSENT, **arguments)


def _name(item: dict[str, Any]) -> str:
    return tag_dict(item.get("Tags")).get("Name", "")
