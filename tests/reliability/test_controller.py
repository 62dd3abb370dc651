"""Pains 4, 7, 8 and 11: the load balancer controller and helm, each failing in the usual ways.

One world, in order: the first tests look at the first pods.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from crash.killing import everything
from evidence import Evidence
from sandboxed import URL, Sandbox, bounded

CHART = Path(__file__).parents[2] / "charts" / "epoch"
CONTROLLER = "deployment/aws-load-balancer-controller"
LABEL = "elbv2.k8s.aws/pod-readiness-gate-inject"
DETACH = """
import boto3
iam = boto3.client("iam")
for role in iam.list_roles()["Roles"]:
    name = role["RoleName"]
    for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        if policy["PolicyName"].endswith("lb-controller"):
            iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
            print("ROLE", name)
"""
# Every target of every group, and its health.
TARGETS = """
import boto3
elbv2 = boto3.client("elbv2")
for group in elbv2.describe_target_groups()["TargetGroups"]:
    health = elbv2.describe_target_health(TargetGroupArn=group["TargetGroupArn"])
    for each in health["TargetHealthDescriptions"]:
        print(each["Target"]["Id"], each["TargetHealth"]["State"])
"""
# Takes the tag that the controller looks for off all subnets that have it; tells them.
UNTAG = """
import boto3
ec2 = boto3.client("ec2")
tag = "kubernetes.io/role/elb"
found = ec2.describe_subnets(Filters=[{"Name": "tag-key", "Values": [tag]}])["Subnets"]
ec2.delete_tags(Resources=[each["SubnetId"] for each in found], Tags=[{"Key": tag}])
print(*(each["SubnetId"] for each in found))
"""


def configure(service: Sandbox, mark: str) -> None:
    """Another revision each time."""
    (service.directory / "epochctl.toml").write_text(f'[service.env]\nMARK = "{mark}"\n')


def helm(service: Sandbox, *arguments: str, code: int | None = 0) -> str:
    config = next(service.directory.glob(".epochctl/*/*/*/kubeconfig"))
    return service.run(
        "helm", f"--kubeconfig={config}", "-n", "epoch-production", *arguments, code=code, seconds=120
    )


def kill_while(service: Sandbox, status: str) -> None:
    """kill -9 of `epochctl deploy` and all it started, in the moment when helm has written this status."""
    config = next(service.directory.glob(".epochctl/*/*/*/kubeconfig"))
    words = ("-n", "epoch-production", "get", "secrets", "-l", f"owner=helm,status={status}", "-o", "name")
    words = (*words, "--watch", "--request-timeout=240s")
    watch = service.popen("exec", "--", "kubectl", f"--kubeconfig={config}", *words)
    run = service.popen("exec", "--", str(Path(sys.executable).parent / "epochctl"), "deploy")
    try:
        assert watch.stdout is not None
        assert any(line.startswith("secret/") for line in watch.stdout)
        everything(run.pid)
        run.communicate(timeout=60)
    finally:
        for process in (watch, run):
            process.kill()
    assert f"status={status}" in service.kubectl("get", "secrets", "--show-labels")


def test_the_namespace_was_labelled_before_the_first_pod(service: Sandbox, evidence: Evidence) -> None:
    with evidence(8, "the first install") as row:
        words = ("get", "namespace", "epoch-production", "-o", "json", "--show-managed-fields")
        namespace = json.loads(service.kubectl(*words))["metadata"]
        fields = next(item for item in namespace["managedFields"] if LABEL in json.dumps(item))
        pods = json.loads(service.kubectl("get", "pods", "-o", "json"))["items"]
        assert namespace["labels"][LABEL] == "enabled"
        assert pods
        assert fields["time"] <= min(pod["metadata"]["creationTimestamp"] for pod in pods)
        row.happened = "the label by which pods get their readiness gate was there before any pod"


def test_values_that_would_drop_requests_are_refused(service: Sandbox, evidence: Evidence) -> None:
    with evidence(8, "values by which a pod ends before the load balancer has let go of it") as row:
        for values in ("drain.preStopSeconds=8", "drain.graceSeconds=20"):
            output = helm(service, "upgrade", "epoch", str(CHART), "--reuse-values", "--set", values, code=1)
            assert "otherwise a rollout drops requests" in output
        row.happened = "the chart refuses them with the inequality; nothing was sent"


def test_a_pod_is_ready_when_the_load_balancer_says_so(service: Sandbox, evidence: Evidence) -> None:
    with evidence(8, "the load balancer's health check fails for the new pods") as row:
        configure(service, "unhealthy")
        with service.fault("unhealthy-target", "share=1.0"):
            output = service.epochctl("deploy", code=11)
        assert "its readiness gate waits: target" in output
        why = output[output.index("  why:") :]
        assert "is unhealthy" in why.splitlines()[0], output
        assert "back at revision" in why
        assert service.run("curl", "-sS", URL, seconds=60).strip().isdigit(), "the old ones serve"
        row.happened = "the new pod runs and is not ready; exit code 11 names the target; the old ones serve"


def test_a_deploy_ends_when_the_new_pods_are_healthy_targets(service: Sandbox, evidence: Evidence) -> None:
    with evidence(8, "the load balancer's health checks fail for a while, in the middle of a deploy") as row:
        configure(service, "patient")
        run = service.popen("exec", "--", str(Path(sys.executable).parent / "epochctl"), "deploy")
        with bounded(run, 300):
            assert run.stdout is not None
            with service.fault("unhealthy-target", "share=1.0"):
                assert any("its readiness gate waits: target" in line for line in run.stdout)
                assert run.poll() is None
            output, _ = run.communicate(timeout=240)
        assert run.returncode == 0, output
        targets = dict(line.split() for line in service.run(sys.executable, "-c", TARGETS).splitlines())
        pods = json.loads(service.kubectl("get", "pods", "-o", "json"))["items"]
        there = {pod["status"]["podIP"] for pod in pods if "deletionTimestamp" not in pod["metadata"]}
        assert {address for address, state in targets.items() if state == "healthy"} == there
        row.happened = (
            "deploy waits and names the target; it ends when exactly the new pods are healthy targets"
        )


def test_a_killed_upgrade_is_gone_back_from(service: Sandbox, evidence: Evidence) -> None:
    with evidence(7, "kill -9 while helm upgrades") as row:
        configure(service, "killed")
        kill_while(service, "pending-upgrade")
        output = service.epochctl("deploy")
        assert "was left pending-upgrade by a run that was killed: back at revision" in output
        assert "then that helm is taken for dead" not in output, "it is known to be dead: no need to wait"
        row.happened = "deploy again: says that it goes back to the last deployed revision, then deploys"


def test_a_killed_install_is_taken_back(service: Sandbox, evidence: Evidence) -> None:
    with evidence(7, "kill -9 while helm installs") as row:
        helm(service, "uninstall", "epoch", "--wait", "--ignore-not-found")
        kill_while(service, "pending-install")
        output = service.epochctl("deploy")
        assert "was left pending-install by a run that was killed: uninstalled" in output
        row.happened = "deploy again: says that it uninstalls what was half installed, then installs"


def test_a_webhook_without_endpoints_is_named_and_up_heals_it(service: Sandbox, evidence: Evidence) -> None:
    with evidence(4, "the controller is scaled to 0: its webhook has no endpoint") as row:
        service.kubectl("-n", "kube-system", "scale", CONTROLLER, "--replicas=0")
        service.kubectl("-n", "kube-system", "wait", CONTROLLER, "--for=jsonpath={.spec.replicas}=0")
        output = service.epochctl("deploy", code=16)
        assert "deployment aws-load-balancer-controller was scaled to 0" in output
        assert "has no ready endpoint" in output
        assert "fix: epochctl up" in output
        assert "answers." in service.epochctl("up", "--yes")
        row.happened = "deploy: exit code 16, names it and changes nothing; up makes the controller run again"


def test_an_action_that_the_controller_may_not_perform_is_named(service: Sandbox, evidence: Evidence) -> None:
    with evidence(11, "the controller's policy is detached") as row:
        service.kubectl("delete", "ingress", "epoch", "--timeout=90s")
        role = service.run(sys.executable, "-c", DETACH, seconds=60).split()[-1]
        output = service.epochctl("deploy", code=11)
        why = output[output.index("  why:") :].splitlines()[0]
        assert f"IAM role {role} may not perform elasticloadbalancing:" in why or "perform ec2:" in why
        assert "epochctl infra up, then epochctl deploy" in output
        service.epochctl("infra", "up")
        service.epochctl("deploy")
        assert service.run("curl", "-sS", URL, seconds=60).strip().isdigit()
        row.happened = f"exit code 11 names {why.partition('perform ')[2].partition(':')[0]}... and its role"


def test_subnets_without_their_tag_are_found_and_tagged_again(service: Sandbox, evidence: Evidence) -> None:
    with evidence(11, "the tag kubernetes.io/role/elb is taken off the public subnets") as row:
        service.kubectl("delete", "ingress", "epoch", "--timeout=90s")
        subnets = service.run(sys.executable, "-c", UNTAG, seconds=60).splitlines()[-1].split()
        assert len(subnets) > 1
        service.epochctl("deploy")
        assert service.run("curl", "-sS", URL, seconds=60).strip().isdigit()
        service.epochctl("infra", "up")
        tagged = service.run(sys.executable, "-c", UNTAG, seconds=60).splitlines()[-1].split()
        assert sorted(tagged) == sorted(subnets)
        row.happened = (
            "this controller goes by the subnets' routes then, and the service answers; "
            "`infra up` puts the tags back"
        )
