"""`lb-controller` with the real helm and a real API server, from a chart repository of the test's own.

And the sweep of what a dead controller left, against moto.
"""

from __future__ import annotations

import functools
import http.server
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from epochctl.aws.elbv2 import Elbv2
from epochctl.aws.network import Network
from epochctl.aws.security_groups import CLUSTER_TAG, SecurityGroups
from epochctl.aws.session import Aws
from epochctl.config.settings import Settings
from epochctl.errors import DeadlineError
from epochctl.kube import Kube, lb_controller
from epochctl.kube.access import Cluster
from epochctl.kube.orphans import OrphanedResources, Orphans
from epochctl.outputs import Infrastructure
from epochctl.steps.lb_controller import LbController, chart
from epochctl.steps.lb_controller.removal import Removal
from epochctl.steps.lb_controller.step import OUTPUT
from epochctl.tools.helm import Helm, kubeconfig
from epochctl.workflow.outputs import Outputs
from epochctl.workflow.step import Context

sys.path.insert(0, str(Path(__file__).parent))
from control_plane import TOKEN, ControlPlane

NAME = lb_controller.NAME
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata:
  name: aws-load-balancer-controller
  labels:
    helm.sh/chart: "{{ .Chart.Name }}-{{ .Chart.Version }}"
spec:
  replicas: {{ .Values.replicaCount }}
  selector: {matchLabels: {app.kubernetes.io/name: aws-load-balancer-controller}}
  template:
    metadata: {labels: {app.kubernetes.io/name: aws-load-balancer-controller}}
    spec: {containers: [{name: c, image: controller}]}
"""
SLICE = {
    "apiVersion": "discovery.k8s.io/v1",
    "kind": "EndpointSlice",
    "metadata": {"name": "webhook", "labels": {"kubernetes.io/service-name": lb_controller.WEBHOOK_SERVICE}},
    "addressType": "IPv4",
    "endpoints": [{"addresses": ["10.0.0.9"]}],
    "ports": [],
}


class QuickClock:
    """A minute in a second."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds
        threading.Event().wait(seconds / 60)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home, helm = tmp_path_factory.mktemp("repository"), shutil.which("helm")
    assert helm, "helm is not on PATH: the contract tests need it"
    (home / NAME / "templates").mkdir(parents=True)
    metadata = {"apiVersion": "v2", "name": NAME, "version": chart.CHART_VERSION}
    (home / NAME / "Chart.yaml").write_text(json.dumps(metadata))
    (home / NAME / "templates" / "deployment.yaml").write_text(DEPLOYMENT)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(home))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    subprocess.run([helm, "package", NAME], cwd=home, check=True, capture_output=True)
    subprocess.run([helm, "repo", "index", ".", "--url", url], cwd=home, check=True, capture_output=True)
    yield url
    server.shutdown()


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    started = ControlPlane(tmp_path_factory.mktemp("plane")).start()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, plane: ControlPlane) -> Cluster:
    home = tmp_path_factory.mktemp("lb")
    credential = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential"}
    answer = json.dumps({**credential, "status": {"token": TOKEN}})
    argv = (sys.executable, "-c", f"print('''{answer}''')")
    path = kubeconfig.write(
        home / "kubeconfig", name="c", endpoint=plane.endpoint, ca_pem=plane.ca_pem, argv=argv
    )
    kube = Kube(plane, lambda: TOKEN)
    return Cluster(plane, kube, Helm(path, home / "helm"))  # type: ignore[arg-type]


class Empty:
    """Nothing in AWS."""

    def find(self) -> OrphanedResources:
        return OrphanedResources((), (), (), ())

    def delete_all(self, ctx: Context) -> tuple[str, ...]:
        return ()


@pytest.fixture
def step(cluster: Cluster, repository: str, tmp_path: Path) -> LbController:
    doubles: dict[str, Any] = {"aws": None, "orphans": Empty(), "repository": repository}
    return LbController(
        Settings(hostname="epoch.example.com", directory=tmp_path),
        "us-west-2",
        find_cluster=lambda: cluster,
        has_foreign_cluster=lambda: False,
        **doubles,
    )


def context(said: list[str]) -> Context:
    infra = Infrastructure(
        "us-west-2", "1" * 12, "vpc-1", (), (), "c", "1.35", "n", "amd64", "", "", "", "arn:r", "arn:p"
    )
    return Context("lb-controller", Outputs(infra), lambda event: said.append(str(event)), QuickClock())


def become_available(cluster: Cluster, plane: ControlPlane) -> None:
    """Plays the controllers: the Deployment reports its replicas, the webhook has an endpoint."""
    path = f"/apis/apps/v1/namespaces/kube-system/deployments/{NAME}"
    item: Any = plane.send("GET", path)
    count = item["spec"]["replicas"]
    counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), count)
    status = {"observedGeneration": item["metadata"]["generation"], **counts}
    plane.send("PATCH", f"{path}/status", {"status": status})
    cluster.kube.apply(SLICE, "kube-system")


def test_it_is_not_done_before_the_controller_runs_and_says_why(step: LbController) -> None:
    said: list[str] = []
    assert step.observe(context(said)).changes == (f"install {chart.FULL_CHART}",)
    with pytest.raises(DeadlineError) as failure:
        step.apply(context(said))
    assert "has not been seen by the cluster's controllers" in failure.value.why
    assert any(f"install {chart.FULL_CHART}" in line for line in said)


def test_a_running_controller_without_a_webhook_endpoint_is_not_enough(
    step: LbController, cluster: Cluster, plane: ControlPlane
) -> None:
    become_available(cluster, plane)
    plane.send("DELETE", "/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices/webhook")
    seen = step.observe(context([]))
    assert "has no ready endpoint" in seen.changes[0]


def test_when_all_is_well_nothing_is_to_be_done(
    step: LbController, cluster: Cluster, plane: ControlPlane
) -> None:
    become_available(cluster, plane)
    seen = step.observe(context([]))
    assert seen.changes == ()
    assert seen.output == OUTPUT


def test_it_is_removed_and_removing_it_again_is_fine(step: LbController) -> None:
    assert f"release {NAME}" in step.destroy(context([]))
    assert step.destroy(context([])) == ()


def test_without_a_controller_only_what_carries_the_clusters_tag_is_deleted(
    aws: Aws,
) -> None:
    ec2, elb = aws.client("ec2"), aws.client("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    marks = {"epochctl:name": "epoch"}
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": key, "Value": marks[key]} for key in marks])
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-west-2{z}")["Subnet"]
        for n, z in ((1, "a"), (2, "b"))
    ]
    tag = {"Key": "elbv2.k8s.aws/cluster", "Value": "epoch-production"}
    ids = {}
    for name, tags in (("ours", [tag]), ("theirs", [{**tag, "Value": "another"}])):
        group = ec2.create_security_group(GroupName=name, Description="d", VpcId=vpc)["GroupId"]
        ec2.create_tags(Resources=[group], Tags=tags)
        elb.create_load_balancer(
            Name=name, Subnets=[s["SubnetId"] for s in subnets], SecurityGroups=[group], Tags=tags
        )
        elb.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=vpc, Tags=tags)
        ids[name] = group
    node = ec2.create_security_group(GroupName="node", Description="d", VpcId=vpc)["GroupId"]
    rules = [
        {
            "IpProtocol": "tcp",
            "FromPort": 8080,
            "ToPort": 8080,
            "UserIdGroupPairs": [{"GroupId": ids["ours"]}, {"GroupId": ids["theirs"]}],
        }
    ]
    ec2.authorize_security_group_ingress(GroupId=node, IpPermissions=rules)

    groups = SecurityGroups(aws)
    network = Network(aws, groups)
    work = Removal(Orphans("epoch-production", marks, Elbv2(aws), groups, network))
    removed = work.run(context([]), None)

    assert set(removed) == {"load balancer ours", "target group ours", "security group ours"}
    assert [b["LoadBalancerName"] for b in elb.describe_load_balancers()["LoadBalancers"]] == ["theirs"]
    assert [g["TargetGroupName"] for g in elb.describe_target_groups()["TargetGroups"]] == ["theirs"]
    left = ec2.describe_security_groups(GroupIds=[node])["SecurityGroups"][0]["IpPermissions"]
    assert [pair["GroupId"] for rule in left for pair in rule["UserIdGroupPairs"]] == [ids["theirs"]]
    assert work.run(context([]), None) == ()


def test_what_another_cluster_of_our_name_has_in_its_own_vpc_is_named_and_left(
    aws: Aws,
) -> None:
    ec2, elb = aws.client("ec2"), aws.client("elbv2")
    vpc, tags = ec2.describe_vpcs()["Vpcs"][0]["VpcId"], [{"Key": CLUSTER_TAG, "Value": "epoch"}]
    subnets = [item["SubnetId"] for item in ec2.describe_subnets()["Subnets"][:2]]
    balancer = elb.create_load_balancer(Name="theirs", Subnets=subnets, Tags=tags)["LoadBalancers"][0]
    elb.create_target_group(Name="theirs", Protocol="HTTP", Port=80, VpcId=vpc, Tags=tags)
    groups = SecurityGroups(aws)
    said: list[str] = []
    orphans = Orphans("epoch", {"epochctl:name": "epoch"}, Elbv2(aws), groups, Network(aws, groups))
    assert orphans.delete_all(context(said)) == ()
    assert balancer["LoadBalancerArn"] in "".join(said)
    assert "left alone" in "".join(said)
    assert elb.describe_load_balancers()["LoadBalancers"]
    assert elb.describe_target_groups()["TargetGroups"]


def test_a_security_group_that_is_held_is_left_until_the_cluster_is_gone(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    ec2, marks = aws.client("ec2"), {"epochctl:name": "epoch"}
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "epochctl:name", "Value": "epoch"}])
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="k8s", Description="d", VpcId=vpc)["GroupId"]
    ec2.create_tags(Resources=[group], Tags=[{"Key": CLUSTER_TAG, "Value": "epoch"}])
    ec2.create_network_interface(SubnetId=subnet, Groups=[group], Description="aws-K8S-i-1")
    groups = SecurityGroups(aws)
    monkeypatch.setattr(groups, "delete", lambda group: f"{group.id} is still attached")
    said: list[str] = []
    removed = Orphans("epoch", marks, Elbv2(aws), groups, Network(aws, groups)).delete_all(context(said))
    assert [line.partition(" eni-")[0] for line in removed] == ["network interface"]
    assert f"{group} is still attached: left until the cluster is gone" in "".join(said)
