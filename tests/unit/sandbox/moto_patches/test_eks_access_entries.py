"""Access entries of EKS through its API, and what they mean for a caller at the cluster's door."""

from __future__ import annotations

import re
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.core.utils import convert_regex_to_flask_path

from sandbox.moto_patches import eks_access_entries, eks_operations
from sandbox.moto_patches.backends import backend

ADMIN = eks_access_entries.ADMINISTRATOR
VIEW = eks_access_entries.POLICY_PREFIX + "AmazonEKSViewPolicy"


@pytest.fixture
def eks(account: None) -> Any:
    eks_access_entries.install()
    made = boto3.client("eks", "us-west-2")
    role = "arn:aws:iam::123456789012:role/cluster"
    made.create_cluster(name="demo", roleArn=role, resourcesVpcConfig={})
    cluster().access_config = {
        "authenticationMode": "API",
        "bootstrapClusterCreatorAdminPermissions": True,
    }
    return made


def cluster() -> Any:
    return backend("eks", "us-west-2").clusters["demo"]


def make_role(name: str) -> str:
    made = boto3.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    return str(made["Role"]["Arn"])


def enter(eks: Any, principal: str, *policies: str) -> None:
    eks.create_access_entry(clusterName="demo", principalArn=principal, tags={"a": "b"})
    for policy in policies:
        eks.associate_access_policy(
            clusterName="demo", principalArn=principal, policyArn=policy, accessScope={"type": "cluster"}
        )


def test_an_entry_is_made_described_listed_and_deleted(eks: Any) -> None:
    role = make_role("people")
    enter(eks, role)
    entry = eks.describe_access_entry(clusterName="demo", principalArn=role)["accessEntry"]
    assert (entry["principalArn"], entry["type"], entry["tags"]) == (role, "STANDARD", {"a": "b"})
    assert entry["username"].endswith(":assumed-role/people/{{SessionName}}")
    assert eks.list_access_entries(clusterName="demo")["accessEntries"] == [role]
    eks.delete_access_entry(clusterName="demo", principalArn=role)
    assert eks.list_access_entries(clusterName="demo")["accessEntries"] == []


def test_policies_are_associated_listed_and_disassociated(eks: Any) -> None:
    role = make_role("people")
    enter(eks, role, ADMIN)
    asked = {"clusterName": "demo", "principalArn": role}
    (policy,) = eks.list_associated_access_policies(**asked)["associatedAccessPolicies"]
    assert (policy["policyArn"], policy["accessScope"]["type"]) == (ADMIN, "cluster")
    eks.disassociate_access_policy(**asked, policyArn=ADMIN)
    assert eks.list_associated_access_policies(**asked)["associatedAccessPolicies"] == []


@pytest.mark.parametrize(
    ("principal", "code"),
    [
        ("arn:aws:iam::123456789012:role/nobody", "InvalidParameterException"),
        ("arn:aws:sts::123456789012:assumed-role/people/me", "InvalidParameterException"),
    ],
)
def test_who_is_no_principal_gets_no_entry(eks: Any, principal: str, code: str) -> None:
    make_role("people")
    with pytest.raises(ClientError) as raised:
        enter(eks, principal)
    assert raised.value.response["Error"]["Code"] == code


def test_an_entry_is_there_once_and_an_absent_one_is_not_found(eks: Any) -> None:
    role = make_role("people")
    enter(eks, role)
    with pytest.raises(ClientError, match="already in use"):
        enter(eks, role)
    with pytest.raises(ClientError) as raised:
        eks.describe_access_entry(clusterName="demo", principalArn=make_role("others"))
    assert raised.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_a_cluster_that_goes_by_its_configmap_takes_no_entries(eks: Any) -> None:
    cluster().access_config["authenticationMode"] = "CONFIG_MAP"
    with pytest.raises(ClientError, match="authentication mode"):
        enter(eks, make_role("people"))


def test_a_caller_is_known_by_its_role_and_has_the_rights_of_its_policies(eks: Any) -> None:
    role = make_role("people")
    session = "arn:aws:sts::123456789012:assumed-role/people/me"
    assert eks_access_entries.groups_of(cluster(), session) is None
    enter(eks, role, VIEW)
    assert eks_access_entries.groups_of(cluster(), session) == ["sandbox:view"]
    enter(eks, make_role("admins"), ADMIN)
    assert eks_access_entries.groups_of(cluster(), "arn:aws:iam::123456789012:role/admins") == [
        "system:masters"
    ]
    eks.delete_access_entry(clusterName="demo", principalArn=role)
    assert eks_access_entries.groups_of(cluster(), session) is None


def test_the_creator_and_the_nodes_are_entered_by_eks_itself(eks: Any) -> None:
    user = boto3.client("iam").create_user(UserName="engineer")["User"]["Arn"]
    nodes = make_role("nodes")
    eks_access_entries.create_default_entries(cluster(), user)
    eks_access_entries.create_default_entries(cluster(), "", node_role=nodes)
    assert eks.list_access_entries(clusterName="demo")["accessEntries"] == sorted([user, nodes])
    assert eks_access_entries.groups_of(cluster(), user) == ["system:masters"]
    entry = eks.describe_access_entry(clusterName="demo", principalArn=nodes)["accessEntry"]
    assert entry["type"] == "EC2_LINUX"
    assert eks.list_access_entries(clusterName="demo", associatedPolicyArn=ADMIN)["accessEntries"] == [user]


def test_the_web_server_can_read_every_path(eks: Any) -> None:
    for operation in eks_operations._known:
        for pattern in re.findall(r'<regex\("(.*?)"\)', convert_regex_to_flask_path(operation.path)):
            re.compile(pattern)
