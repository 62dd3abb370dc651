"""What is inside a VPC of ours (moto): the cluster's leftovers go, GuardDuty's too, strangers are named."""

from __future__ import annotations

from typing import Any

import pytest

from epochctl.aws.network import Network
from epochctl.aws.security_groups import SecurityGroups
from epochctl.aws.session import Aws

NAME, TAGS = "epoch-production", {"epochctl:name": "epoch", "epochctl:environment": "production"}
CLUSTER = {f"kubernetes.io/cluster/{NAME}": "owned"}


class Account:
    """A VPC of ours with a subnet."""

    def __init__(self) -> None:
        self.aws = Aws("us-west-2")
        self.ec2: Any = self.aws.client("ec2")
        self.network = Network(self.aws, SecurityGroups(self.aws))
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16", **spec("vpc", TAGS))["Vpc"]["VpcId"]
        made = self.ec2.create_subnet(VpcId=self.vpc, CidrBlock="10.0.0.0/24", **spec("subnet", TAGS))
        self.subnet = made["Subnet"]["SubnetId"]

    def interface(self, description: str, tags: dict[str, str] | None = None) -> str:
        more = spec("network-interface", tags) if tags else {}
        made = self.ec2.create_network_interface(SubnetId=self.subnet, Description=description, **more)
        return str(made["NetworkInterface"]["NetworkInterfaceId"])

    def instance(self, tags: dict[str, str]) -> str:
        image = self.ec2.describe_images()["Images"][0]["ImageId"]
        wanted = {"ImageId": image, "MinCount": 1, "MaxCount": 1, "SubnetId": self.subnet}
        return str(self.ec2.run_instances(**wanted, **spec("instance", tags))["Instances"][0]["InstanceId"])

    def group(self, name: str, tags: dict[str, str]) -> str:
        wanted = {"GroupName": name, "Description": "x", "VpcId": self.vpc}
        return str(self.ec2.create_security_group(**wanted, **spec("security-group", tags))["GroupId"])

    def tenants(self) -> dict[str, bool]:
        return {one.description: one.foreign for one in self.network.occupants(self.vpc, NAME, TAGS)}


def spec(kind: str, tags: dict[str, str]) -> dict[str, Any]:
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": listed}]}


@pytest.fixture
def account(emulated: None) -> Account:
    return Account()


def test_our_own_parts_are_no_tenants(account: Account) -> None:
    assert account.network.find(TAGS) == (account.vpc,)
    assert account.tenants() == {}
    assert account.network.sweep(account.vpc, NAME) == ()


def test_idle_pod_interfaces_and_the_clusters_groups_go(account: Account) -> None:
    idle = account.interface("aws-K8S-i-0123")
    group = account.group("k8s-traffic", {"elbv2.k8s.aws/cluster": NAME})
    assert not any(account.tenants().values())
    removed = account.network.sweep(account.vpc, NAME)
    assert [line.split()[2] for line in removed] == [idle, group]
    assert account.tenants() == {}


def test_another_clusters_pod_interface_is_a_stranger(account: Account) -> None:
    other = account.interface("aws-K8S-i-0123", {"cluster.k8s.amazonaws.com/name": "another"})
    assert account.network.sweep(account.vpc, NAME) == ()
    ((words, foreign),) = account.tenants().items()
    assert other in words
    assert foreign


def test_guardduty_is_swept_with_its_group(account: Account) -> None:
    guard = {"GuardDutyManaged": "true"}
    group = account.group("GuardDutyManagedSecurityGroup-vpc-1", guard)
    account.ec2.create_vpc_endpoint(
        VpcId=account.vpc,
        ServiceName="com.amazonaws.us-west-2.guardduty-data",
        VpcEndpointType="Interface",
        SubnetIds=[account.subnet],
        **spec("vpc-endpoint", guard),
    )
    assert not any(account.tenants().values())
    removed = "\n".join(account.network.sweep(account.vpc, NAME))
    assert "VPC endpoint vpce-" in removed
    assert group in removed
    assert account.tenants() == {}


def test_nodes_pass_and_a_strangers_instance_is_named_with_its_owner(account: Account) -> None:
    account.instance(CLUSTER)
    stranger = account.instance({"Name": "database", "owner": "team-x"})
    foreign = [words for words, is_foreign in account.tenants().items() if is_foreign]
    assert len(foreign) == 1
    assert stranger in foreign[0]


def test_a_strangers_group_endpoint_and_subnet_are_named_and_kept(account: Account) -> None:
    group = account.group("theirs", {"owner": "team-x"})
    made = account.ec2.create_vpc_endpoint(
        VpcId=account.vpc, ServiceName="com.amazonaws.us-west-2.s3", VpcEndpointType="Gateway"
    )
    endpoint = made["VpcEndpoint"]["VpcEndpointId"]
    subnet = account.ec2.create_subnet(VpcId=account.vpc, CidrBlock="10.0.9.0/24")["Subnet"]["SubnetId"]
    assert account.network.sweep(account.vpc, NAME) == ()
    told = account.tenants()
    assert all(told.values())
    for id in (group, endpoint, subnet):
        assert id in "\n".join(told)
