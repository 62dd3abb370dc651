"""Eks against moto, and the token as EKS checks it: presigned, the cluster named in a signed header."""

from __future__ import annotations

import base64
from urllib.parse import parse_qs, urlparse

import pytest

from epochctl.aws.eks import Eks
from epochctl.aws.session import Aws


@pytest.fixture
def eks(aws: Aws) -> Eks:
    aws.client("eks").create_cluster(
        name="demo",
        roleArn="arn:aws:iam::123456789012:role/eks",
        resourcesVpcConfig={"subnetIds": []},
    )
    return Eks(aws)


def test_a_cluster_is_described_and_an_absent_one_is_an_answer(eks: Eks) -> None:
    found = eks.describe("demo")
    assert found is not None
    assert (found.name, found.region, found.account_id, found.status) == (
        "demo",
        "us-west-2",
        "123456789012",
        "ACTIVE",
    )
    assert found.endpoint.startswith("https://")
    assert eks.describe("other") is None
    assert eks.node_groups("other") == ()


def test_node_groups_tell_their_state(eks: Eks) -> None:
    eks._aws.client("eks").create_nodegroup(
        clusterName="demo",
        nodegroupName="main",
        subnets=["subnet-1"],
        nodeRole="arn:aws:iam::123456789012:role/node",
        scalingConfig={"minSize": 1, "maxSize": 3, "desiredSize": 2},
    )
    groups = eks.node_groups("demo")
    assert [(group.name, group.status, group.desired) for group in groups] == [("main", "ACTIVE", 2)]


def test_the_token_is_what_eks_accepts_and_is_never_printed(eks: Eks) -> None:
    token = eks.token("demo")
    text = token.value.get_secret_value()
    assert text not in repr(token)
    assert text.startswith("k8s-aws-v1.")
    assert "=" not in text
    encoded = text.removeprefix("k8s-aws-v1.")
    url = urlparse(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode())
    query = parse_qs(url.query)
    assert url.hostname == "sts.us-west-2.amazonaws.com"
    assert query["Action"] == ["GetCallerIdentity"]
    assert query["X-Amz-SignedHeaders"] == ["host;x-k8s-aws-id"]
    assert query["X-Amz-Expires"] == ["60"]


def test_a_token_is_used_again_and_each_cluster_has_its_own(eks: Eks) -> None:
    assert eks.token("demo") is eks.token("demo")
    assert eks.token("demo").value != eks.token("other").value


def test_who_we_are_is_still_answered_after_signing(eks: Eks) -> None:
    eks.token("demo")
    assert eks._aws.account_id() == "123456789012"
