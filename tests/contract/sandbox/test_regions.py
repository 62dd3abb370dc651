"""Two regions in one instance, with the same names and the same ranges: neither notices the other."""

from __future__ import annotations

import json
import sys

import pytest

from .conftest import RunningInstance

REGIONS = ("us-west-2", "us-east-1")
MAKE = """
import boto3, time
name = "twin"
for region in {regions!r}:
    ec2, eks, iam = (boto3.client(each, region) for each in ("ec2", "eks", "iam"))
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{{i}}.0/24", AvailabilityZone=region + "ab"[i])
        ["Subnet"]["SubnetId"] for i in (0, 1)
    ]
    role = iam.create_role(RoleName=f"{{name}}-{{region}}", AssumeRolePolicyDocument="{{}}")["Role"]["Arn"]
    eks.create_cluster(name=name, roleArn=role, resourcesVpcConfig={{"subnetIds": subnets}})
    made = dict(clusterName=name, nodegroupName=name, subnets=subnets, nodeRole=role)
    scaling = dict(minSize=1, desiredSize=1, maxSize=3)
    deadline = time.monotonic() + 120
    while eks.describe_cluster(name=name)["cluster"]["status"] != "ACTIVE":
        assert time.monotonic() < deadline
        time.sleep(0.5)
    eks.create_nodegroup(**made, scalingConfig=scaling)
    while eks.describe_nodegroup(clusterName=name, nodegroupName=name)["nodegroup"]["status"] != "ACTIVE":
        assert time.monotonic() < deadline
        time.sleep(0.5)
"""
# A cluster as its engineer sees it: a token of EKS, the endpoint that DescribeCluster tells, its CA.
LOOK = """
import base64, boto3, json, subprocess, sys, tempfile, time
from botocore.signers import RequestSigner
region, arguments = sys.argv[1], sys.argv[2:]
cluster = boto3.client("eks", region).describe_cluster(name="twin")["cluster"]
session = boto3.session.Session()
sts = session.client("sts", region)
signer = RequestSigner(sts.meta.service_model.service_id, region, "sts", "v4",
    session.get_credentials(), session.events)
asked = dict(method="GET", body={}, headers={"x-k8s-aws-id": "twin"}, context={},
    url=f"https://sts.{region}.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15")
url = signer.generate_presigned_url(asked, region_name=region, expires_in=60, operation_name="")
token = "k8s-aws-v1." + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")
with tempfile.NamedTemporaryFile() as ca:
    ca.write(base64.b64decode(cluster["certificateAuthority"]["data"]))
    ca.flush()
    done = subprocess.run(["kubectl", "--kubeconfig=/dev/null", f"--server={cluster['endpoint']}",
        f"--certificate-authority={ca.name}", f"--token={token}", *arguments], timeout=60)
sys.exit(done.returncode)
"""
POD = """
{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "idle"},
 "spec": {"containers": [{"name": "idle", "image": "registry.k8s.io/pause:3.10"}]}}
"""


def kubectl(instance: RunningInstance, region: str, *arguments: str, stdin: str = "") -> str:
    done = instance.call("exec", "--", sys.executable, "-c", LOOK, region, *arguments, stdin=stdin)
    assert done.returncode == 0, done.stderr
    return done.stdout


def nodes(instance: RunningInstance, region: str) -> list[str]:
    found = json.loads(kubectl(instance, region, "get", "nodes", "-o", "json"))["items"]
    return [node["metadata"]["name"] for node in found]


def pod_address(instance: RunningInstance, region: str) -> str:
    found = json.loads(kubectl(instance, region, "get", "pod", "idle", "-o", "json"))
    return str(found["status"]["podIP"])


@pytest.fixture(scope="module")
def twins(instance: RunningInstance) -> RunningInstance:
    """A cluster with one node in each region; both are called alike, and their VPCs have one range."""
    process = instance.popen("exec", "--", sys.executable, "-c", MAKE.format(regions=REGIONS))
    _, errors = process.communicate(timeout=240)
    assert process.returncode == 0, errors
    return instance


def test_each_cluster_has_its_own_node(twins: RunningInstance) -> None:
    for region in REGIONS:
        (node,) = nodes(twins, region)
        assert node.endswith(f".{region}.compute.internal")


def test_each_api_server_reaches_its_own_kubelet_and_pods(twins: RunningInstance) -> None:
    addresses = []
    for region in REGIONS:
        (node,) = nodes(twins, region)
        assert kubectl(twins, region, "get", "--raw", f"/api/v1/nodes/{node}/proxy/healthz") == "ok"
        kubectl(twins, region, "apply", "-f", "-", stdin=POD)
        kubectl(twins, region, "wait", "--for=condition=Ready", "pod/idle", "--timeout=50s")
        addresses.append(pod_address(twins, region))
    assert addresses[0] != addresses[1]
    assert [address[:5] for address in addresses] == ["10.0.", "10.0."]


def test_a_node_group_that_grows_leaves_the_other_alone(twins: RunningInstance) -> None:
    grow = (
        "import boto3, time; eks = boto3.client('eks', {region!r})\n"
        "which = dict(clusterName='twin', nodegroupName='twin')\n"
        "begun = eks.update_nodegroup_config(**which, scalingConfig={{'desiredSize': {size}}})\n"
        "update = begun['update']['id']\n"
        "deadline = time.monotonic() + 50\n"
        "while eks.describe_update(name='twin', updateId=update)['update']['status'] == 'InProgress':\n"
        "    assert time.monotonic() < deadline\n"
        "    time.sleep(0.5)\n"
    )
    for size in (2, 1):
        twins.python(grow.format(region=REGIONS[1], size=size))
        assert [len(nodes(twins, region)) for region in REGIONS] == [1, size]


def test_parts_of_both_have_logs_of_their_own(twins: RunningInstance) -> None:
    names = twins.call("logs").stdout.split()
    assert {f"twin-{region}-kube-apiserver" for region in REGIONS} <= set(names)


def test_one_that_is_deleted_leaves_the_other_working(twins: RunningInstance) -> None:
    end = (
        "import boto3, time; eks = boto3.client('eks', {region!r})\n"
        "eks.delete_nodegroup(clusterName='twin', nodegroupName='twin')\n"
        "deadline = time.monotonic() + 50\n"
        "while eks.list_nodegroups(clusterName='twin')['nodegroups']:\n"
        "    assert time.monotonic() < deadline\n"
        "    time.sleep(0.3)\n"
        "eks.delete_cluster(name='twin')\n"
    )
    twins.python(end.format(region=REGIONS[0]))
    (node,) = nodes(twins, REGIONS[1])
    assert kubectl(twins, REGIONS[1], "get", "--raw", f"/api/v1/nodes/{node}/proxy/healthz") == "ok"
    kubectl(twins, REGIONS[1], "delete", "pod", "idle", "--wait=false")
    kubectl(twins, REGIONS[1], "run", "again", "--image=registry.k8s.io/pause:3.10")
    kubectl(twins, REGIONS[1], "wait", "--for=condition=Ready", "pod/again", "--timeout=50s")
