"""Taken down whatever stands in the way: strangers, orphans, a controller that is dead or only looks alive.

In order, each test from where the one before ended: up, refused, down, up with the same names, down.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from evidence import Evidence
from sandboxed import BUCKET, URL, Sandbox

pytestmark = pytest.mark.timeout(1500)  # an up and a down each, on a machine that may be busy

# A cluster of our name in somebody else's VPC.
ANOTHER = """
import boto3
ec2 = boto3.client("ec2", "us-west-2")
vpc = ec2.create_vpc(CidrBlock="10.99.0.0/16")["Vpc"]["VpcId"]
ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Name", "Value": "another"}])
for number, zone in enumerate("ab"):
    ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.99.{number}.0/24", AvailabilityZone=f"us-west-2{zone}")
"""
# What a person leaves: an index of two images, one image without a tag; logging that was switched on.
TRACES = """
import boto3, hashlib, json
ecr, logs, name = boto3.client("ecr", "us-west-2"), boto3.client("logs", "us-west-2"), "epoch-production"
kind = "application/vnd.oci.image.%s.v1+json"
def put(of, **content):
    body = json.dumps({"schemaVersion": 2, "mediaType": kind % of, **content})
    digest = "sha256:" + hashlib.sha256(body.encode()).hexdigest()
    told = {"imageManifestMediaType": kind % of, "imageDigest": digest}
    ecr.put_image(repositoryName=name, imageManifest=body, **told)
    return {"mediaType": kind % of, "size": len(body), "digest": digest}
def image(word):
    config = {"mediaType": kind % "config", "size": 1, "digest": hashlib.sha256(word.encode()).hexdigest()}
    return put("manifest", config=config, layers=[])
put("index", manifests=[image("amd64"), image("arm64")])
image("alone")
logs.create_log_group(logGroupName=f"/aws/eks/{name}/cluster")
print(len(ecr.describe_images(repositoryName=name)["imageDetails"]))
"""


def report(sandbox: Sandbox) -> dict[str, list[str]]:
    """The proof that the last `down` left."""
    path = next(sandbox.directory.glob(".epochctl/*/*/*/teardown.json"))
    found: dict[str, list[str]] = json.loads(Path(path).read_text())
    return found


@pytest.fixture(scope="module")
def before(sandbox: Sandbox) -> list[str]:
    """The account before the first `up`: with load balancers of another cluster of our name."""
    sandbox.run("python", "-c", ANOTHER)
    sandbox.control("fault", "start", "orphan-load-balancer", "vpc=another", "guardduty=0")
    return sandbox.inventory()


@pytest.fixture(scope="module")
def up(sandbox: Sandbox, before: list[str]) -> None:
    assert "answers." in sandbox.epochctl("up", "--yes", seconds=550)


@pytest.mark.usefixtures("up")
def test_a_strangers_interface_stops_down_before_anything_goes(sandbox: Sandbox, evidence: Evidence) -> None:
    injected = "somebody else's instance, interface and security group in our VPC"
    with evidence(1, injected) as row, sandbox.fault("foreign-interface"):
        there = sandbox.inventory()
        output = sandbox.epochctl("down", "--yes", code=7)
        named = re.search(r"network interface eni-\w+ .*held by i-\w+ \(.*owner=team-x", output)
        assert named, output
        assert "security group sg-" in output
        assert sandbox.inventory() == there
        assert sandbox.run("curl", "-sS", "--fail", URL)
        row.happened = f"stopped, nothing removed, the service still answers; named: {named[0]})"


@pytest.mark.usefixtures("up")
def test_an_idle_controller_and_orphans(sandbox: Sandbox, before: list[str], evidence: Evidence) -> None:
    sandbox.run("python", "-c", TRACES)
    sandbox.control("fault", "start", "orphan-load-balancer")
    injected = "a controller that is ready and denied everything; an orphan load balancer with target group, "
    injected += "security group and pod interface; GuardDuty's endpoint and group"
    with evidence(1, injected) as row, sandbox.fault("dead-controller", "mode=idle"):
        output = sandbox.epochctl("down", "--yes", seconds=900)
        assert "has done nothing for 60 s" in output
        assert "freed Ingress epoch-production/epoch" in output
        assert "  load balancer k8s-orphan" in output
        assert output.index("lb_controller done in") < output.index("aws_eks_cluster.this: deleting")
        assert "GuardDutyManagedSecurityGroup" in output
        assert sorted(sandbox.inventory()) == before_with_bucket(before, sandbox)
        row.happened = "said so after 60 s, deleted by tag what it had left, then destroyed; nothing left"
    with evidence("teardown proof", "load balancers of another cluster of our name in its own VPC") as row:
        found = report(sandbox)
        assert found["left"] == []
        assert any("loadbalancer/app/k8s-orphan" in line for line in found["foreign"])
        row.happened = f"{len(found['asked'])} questions, nothing of ours; {len(found['foreign'])} foreign "
        row.happened += "objects named and left alone; saved as teardown.txt and teardown.json"


def test_up_again_with_the_same_names_then_without_a_controller(
    sandbox: Sandbox, before: list[str], evidence: Evidence
) -> None:
    injected = "down with untagged images and a log group that EKS made, then up and down with the same names"
    with evidence(12, injected) as row:
        assert "answers." in sandbox.epochctl("up", "--yes", seconds=550)
        row.happened = "repository emptied, log group and certificate gone; up with the same names answers"
    injected = "no controller: the webhook configuration is there, with no endpoint"
    with evidence(4, injected) as row, sandbox.fault("dead-controller", "mode=gone"):
        output = sandbox.epochctl("down", "--yes", "--delete-state", seconds=900)
        assert "the load balancer controller is dead" in output
        assert sandbox.inventory() == before
        row.happened = "down said that it is dead, freed its finalizers, deleted by tag; nothing left"
    with evidence(12, "status after down") as row:
        status = sandbox.epochctl("status")
        assert re.search(r"left over +none", status), status
        row.happened = "status asked AWS too: nothing is there"


def before_with_bucket(before: list[str], sandbox: Sandbox) -> list[str]:
    """Without --delete-state the state bucket stays, on purpose."""
    buckets = [line for line in sandbox.inventory() if line.startswith(BUCKET)]
    return sorted([*before, *buckets])
