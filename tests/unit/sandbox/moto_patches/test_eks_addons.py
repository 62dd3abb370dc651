"""Add-ons, pod identity associations and the calendar of versions, as eksctl asks EKS for them."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.moto_patches import eks_addons, eks_cluster_versions
from sandbox.moto_patches import iam as iam_patches


@pytest.fixture
def eks(account: None) -> Any:
    eks_addons.install()
    eks_cluster_versions.install()
    made = boto3.client("eks", "us-west-2")
    role = "arn:aws:iam::123456789012:role/cluster"
    made.create_cluster(name="demo", roleArn=role, resourcesVpcConfig={})
    return made


def test_the_versions_of_eks_are_told_with_the_end_of_their_support(eks: Any) -> None:
    told = eks.describe_cluster_versions()["clusterVersions"]
    assert {"1.35", "1.36"} <= {each["clusterVersion"] for each in told}
    assert [each["clusterVersion"] for each in told if each["defaultVersion"]] == [
        eks_cluster_versions.DEFAULT
    ]
    (asked,) = eks.describe_cluster_versions(clusterVersions=["1.36"])["clusterVersions"]
    assert asked["endOfStandardSupportDate"].year == 2027


def test_an_addon_lives_and_dies(eks: Any) -> None:
    (offered,) = eks.describe_addon_versions(addonName="vpc-cni", kubernetesVersion="1.35")["addons"]
    version = offered["addonVersions"][0]["addonVersion"]
    eks.create_addon(clusterName="demo", addonName="vpc-cni", addonVersion=version)
    found = eks.describe_addon(clusterName="demo", addonName="vpc-cni")["addon"]
    assert (found["status"], found["addonVersion"]) == ("ACTIVE", version)
    with pytest.raises(ClientError, match="already exists"):
        eks.create_addon(clusterName="demo", addonName="vpc-cni")
    assert eks.list_addons(clusterName="demo")["addons"] == ["vpc-cni"]
    eks.delete_addon(clusterName="demo", addonName="vpc-cni")
    assert eks.list_addons(clusterName="demo")["addons"] == []
    with pytest.raises(ClientError) as raised:
        eks.describe_addon(clusterName="demo", addonName="vpc-cni")
    assert raised.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_a_pod_identity_association_lives_and_dies(eks: Any) -> None:
    role = boto3.client("iam").create_role(RoleName="pod", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    asked = {"clusterName": "demo", "namespace": "kube-system", "serviceAccount": "controller"}
    made = eks.create_pod_identity_association(**asked, roleArn=role)["association"]
    (listed,) = eks.list_pod_identity_associations(**asked)["associations"]
    assert listed["associationId"] == made["associationId"]
    one = {"clusterName": "demo", "associationId": made["associationId"]}
    assert eks.describe_pod_identity_association(**one)["association"]["roleArn"] == role
    with pytest.raises(ClientError, match="already exists"):
        eks.create_pod_identity_association(**asked, roleArn=role)
    eks.delete_pod_identity_association(**one)
    assert eks.list_pod_identity_associations(clusterName="demo")["associations"] == []


def test_the_port_of_an_issuer_is_no_part_of_its_providers_name(account: None) -> None:
    iam_patches.install()
    iam = boto3.client("iam")
    issuer = "https://oidc.eks.us-west-2.amazonaws.com:443/id/0123"  # as eksctl writes it
    asked = {"Url": issuer, "ClientIDList": ["sts.amazonaws.com"], "ThumbprintList": ["a" * 40]}
    arn = iam.create_open_id_connect_provider(**asked)["OpenIDConnectProviderArn"]
    assert arn == "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123"
    assert iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)["Url"] == arn.split("/", 1)[1]
