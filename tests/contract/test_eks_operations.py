"""The operations that the sandbox adds to moto's EKS, through a real web server: ARNs stand in paths."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from sandbox.moto_patches import eks_access_entries, eks_addons, eks_cluster_versions
from sandbox.moto_patches.backends import backend


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for added in (eks_access_entries, eks_addons, eks_cluster_versions):
        added.install()
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": "us-west-2"}
    yield lambda service: boto3.client(service, endpoint_url=f"http://{host}:{port}", **keys)
    backend("eks", "us-west-2").reset()
    backend("iam", "").reset()
    server.stop()


def test_entries_policies_addons_and_versions(clients: Any) -> None:
    eks, iam = clients("eks"), clients("iam")
    role = iam.create_role(RoleName="people", AssumeRolePolicyDocument="{}", Path="/a/b/")["Role"]["Arn"]
    eks.create_cluster(name="demo", roleArn=role, resourcesVpcConfig={})
    made: Any = backend("eks", "us-west-2").clusters["demo"]
    made.access_config = {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": True}
    one: dict[str, Any] = {"clusterName": "demo", "principalArn": role}

    eks.create_access_entry(**one)
    eks.associate_access_policy(
        **one, policyArn=eks_access_entries.ADMINISTRATOR, accessScope={"type": "cluster"}
    )
    assert eks.describe_access_entry(**one)["accessEntry"]["principalArn"] == role
    (policy,) = eks.list_associated_access_policies(**one)["associatedAccessPolicies"]
    eks.disassociate_access_policy(**one, policyArn=policy["policyArn"])
    eks.delete_access_entry(**one)
    assert eks.list_access_entries(clusterName="demo")["accessEntries"] == []

    assert eks.describe_cluster(name="demo")["cluster"]["name"] == "demo"
    assert eks.describe_cluster_versions()["clusterVersions"]
    assert eks.describe_addon_versions()["addons"]
    assert eks.list_addons(clusterName="demo")["addons"] == []
    assert eks.list_pod_identity_associations(clusterName="demo")["associations"] == []
