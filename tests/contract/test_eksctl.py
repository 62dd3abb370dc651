"""What we say to eksctl, and what eksctl says to AWS: checked without the binary, and with it where it is.

Read in github.com/eksctl-io/eksctl at 99984ad (2026-08-21), not recorded from a run: flags in
pkg/ctl/{create,delete}/iamserviceaccount.go, pkg/ctl/utils/associate_iam_oidc_provider.go, pkg/ctl/cmdutils;
what is refused without a config file in cmdutils/configfile.go; fields in
pkg/apis/eksctl.io/v1alpha5/assets/schema.json; requests in pkg/iam/oidc/api.go and
pkg/cfn/manager/{api,iam,waiters}.go; the role's template in pkg/cfn/builder/iam.go.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from epochctl.aws.cloudformation import CLUSTER_TAG, Stacks
from epochctl.aws.session import Aws
from epochctl.tools import eksctl
from sandbox.moto_patches import cloudformation, iam

POLICY = "arn:aws:iam::123456789012:policy/epoch-lb"
ACCOUNT = eksctl.ServiceAccount(
    cluster="epoch-production",
    region="us-west-2",
    namespace="kube-system",
    name="aws-load-balancer-controller",
    role_name="epoch-production-lb-controller",
    policy_arn=POLICY,
    tags=(("epochctl:name", "epoch"), ("epochctl:environment", "production")),
)
COMMANDS = {
    "associate": eksctl.associate_oidc_provider(ACCOUNT),
    "create": eksctl.create_service_account(ACCOUNT),
    "delete": eksctl.delete_service_account(ACCOUNT),
}
# flag -> where it stands in a ClusterConfig (v1alpha5), "" for what steers the command only
FIELDS = {
    "--cluster": "metadata.name",
    "--region": "metadata.region",
    "--name": "iam.serviceAccounts[].metadata.name",
    "--namespace": "iam.serviceAccounts[].metadata.namespace",
    "--attach-policy-arn": "iam.serviceAccounts[].attachPolicyARNs",
    "--role-name": "iam.serviceAccounts[].roleName",
    "--tags": "iam.serviceAccounts[].tags",
}
SWITCHES = {"--approve", "--override-existing-serviceaccounts", "--wait"}
REFUSED = {"delete": {"--approve"}}  # flagsIncompatibleWithoutConfigFile
ISSUER = "https://oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF"
PROVIDER = ISSUER.removeprefix("https://")
PROVIDER_ARN = f"arn:aws:iam::123456789012:oidc-provider/{PROVIDER}"
STACK = "eksctl-epoch-production-addon-iamserviceaccount-kube-system-aws-load-balancer-controller"


def said(argv: tuple[str, ...]) -> tuple[dict[str, str], set[str]]:
    """The flags with a value, and those without."""
    words, valued, switches = list(argv[2:]), {}, set()
    while words:
        flag = words.pop(0)
        if flag in SWITCHES:
            switches.add(flag)
        else:
            valued[flag] = words.pop(0)
    return valued, switches


@pytest.mark.parametrize("command", COMMANDS)
def test_every_word_is_a_flag_that_eksctl_has(command: str) -> None:
    argv = COMMANDS[command]
    valued, switches = said(argv)
    assert valued.keys() <= FIELDS.keys()
    assert not switches & REFUSED.get(command, set())
    if binary := shutil.which("eksctl"):  # the same of the very eksctl that is here
        told = subprocess.run([binary, *argv[:2], "--help"], capture_output=True, text=True, timeout=30)
        known = set(re.findall(r"(--[a-z-]+)", told.stdout + told.stderr))
        assert valued.keys() | switches <= known


def test_the_flags_amount_to_this_cluster_config() -> None:
    valued, _ = said(COMMANDS["create"])
    config: dict[str, Any] = {"apiVersion": "eksctl.io/v1alpha5", "kind": "ClusterConfig", "metadata": {}}
    account: dict[str, Any] = {"metadata": {}}
    for flag, value in valued.items():
        place, _, field = FIELDS[flag].rpartition(".")
        holder = account["metadata"] if place.endswith("[].metadata") else account
        (config["metadata"] if place == "metadata" else holder)[field] = value
    account["attachPolicyARNs"] = account["attachPolicyARNs"].split(",")
    account["tags"] = dict(pair.split("=", 1) for pair in account["tags"].split(","))
    config["iam"] = {"withOIDC": True, "serviceAccounts": [account]}
    assert config == {
        "apiVersion": "eksctl.io/v1alpha5",
        "kind": "ClusterConfig",
        "metadata": {"name": "epoch-production", "region": "us-west-2"},
        "iam": {
            "withOIDC": True,
            "serviceAccounts": [
                {
                    "metadata": {"name": "aws-load-balancer-controller", "namespace": "kube-system"},
                    "attachPolicyARNs": [POLICY],
                    "roleName": "epoch-production-lb-controller",
                    "tags": {"epochctl:name": "epoch", "epochctl:environment": "production"},
                }
            ],
        },
    }
    if binary := shutil.which("eksctl"):
        schema = subprocess.run(
            [binary, "utils", "schema"], capture_output=True, text=True, timeout=30
        ).stdout
        known = json.loads(schema)["definitions"]["ClusterIAMServiceAccount"]["properties"]
        assert account.keys() <= known.keys()


def test_the_stack_is_called_as_eksctl_calls_it() -> None:
    assert eksctl.stack_name(ACCOUNT) == STACK


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The sandbox's AWS, as far as eksctl goes."""
    from moto.cloudformation.models import CloudFormationBackend, Stack
    from moto.iam.access_control import IAMPolicyStatement
    from moto.iam.models import IAMBackend, Role

    for owner, name in (
        (Stack, "parse_template"),
        (Stack, "create_resources"),
        (CloudFormationBackend, "delete_stack"),
        (Role, "create_from_cloudformation_json"),
        (Role, "delete_from_cloudformation_json"),
        (IAMBackend, "create_open_id_connect_provider"),
        (IAMPolicyStatement, "is_action_permitted"),
    ):
        monkeypatch.setattr(owner, name, owner.__dict__[name])
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(key, "testing")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    iam.install()
    cloudformation.install()
    with mock_aws():
        yield


def client(service: str) -> Any:
    return boto3.client(service, "us-west-2")


def template() -> str:
    """IAMRoleResourceSet.AddAllResources, for our service account."""
    subject = "system:serviceaccount:kube-system:aws-load-balancer-controller"
    condition = {"StringEquals": {f"{PROVIDER}:sub": subject, f"{PROVIDER}:aud": "sts.amazonaws.com"}}
    statement = {
        "Action": ["sts:AssumeRoleWithWebIdentity"],
        "Condition": condition,
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER_ARN},
    }
    role = {
        "AssumeRolePolicyDocument": {"Statement": [statement], "Version": "2012-10-17"},
        "ManagedPolicyArns": [client("iam").list_policies(Scope="Local")["Policies"][0]["Arn"]],
        "RoleName": ACCOUNT.role_name,
    }
    return json.dumps(
        {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": 'IAM role for serviceaccount "kube-system/aws-load-balancer-controller"',
            "Resources": {"Role1": {"Type": "AWS::IAM::Role", "Properties": role}},
            "Outputs": {"Role1": {"Value": {"Fn::GetAtt": "Role1.Arn"}}},
        }
    )


def make_policy() -> None:
    statement = {"Effect": "Allow", "Action": "ec2:DescribeVpcs", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client("iam").create_policy(PolicyName="epoch-lb", PolicyDocument=document)


def associate() -> bool:
    """`utils associate-iam-oidc-provider`: asks without the port, makes with it."""
    iam = client("iam")
    try:
        iam.get_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER_ARN)
        return False
    except iam.exceptions.NoSuchEntityException:
        pass
    url = ISSUER.replace(".com/", ".com:443/")
    iam.create_open_id_connect_provider(
        Url=url, ClientIDList=["sts.amazonaws.com"], ThumbprintList=["a" * 40], Tags=[]
    )
    return True


def existing() -> dict[str, dict[str, Any]]:
    """DescribeIAMServiceAccountStacks: every living stack of the cluster, each described."""
    formation = client("cloudformation")
    pages = formation.get_paginator("list_stacks").paginate(
        StackStatusFilter=["CREATE_COMPLETE", "ROLLBACK_COMPLETE", "DELETE_FAILED"]
    )
    names = [one["StackName"] for page in pages for one in page["StackSummaries"]]
    return {name: formation.describe_stacks(StackName=name)["Stacks"][0] for name in names}


def create() -> str:
    """`create iamserviceaccount`: a stack that exists is left as it is, whatever became of it."""
    if STACK in existing():
        return ""
    formation = client("cloudformation")
    tags = {CLUSTER_TAG: ACCOUNT.cluster, **dict(ACCOUNT.tags)}
    tags["alpha.eksctl.io/iamserviceaccount-name"] = f"{ACCOUNT.namespace}/{ACCOUNT.name}"
    formation.create_stack(
        StackName=STACK,
        TemplateBody=template(),
        DisableRollback=False,
        EnableTerminationProtection=True,
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )
    formation.get_waiter("stack_create_complete").wait(StackName=STACK)
    (output,) = existing()[STACK]["Outputs"]
    return str(output["OutputValue"])


def delete() -> None:
    """`delete iamserviceaccount --wait`."""
    formation, stack = client("cloudformation"), existing()[STACK]
    if stack["EnableTerminationProtection"]:
        formation.update_termination_protection(StackName=stack["StackId"], EnableTerminationProtection=False)
    formation.delete_stack(StackName=stack["StackId"])
    formation.get_waiter("stack_delete_complete").wait(StackName=stack["StackId"])


def test_the_whole_exchange_leaves_a_role_and_then_nothing(account: None) -> None:
    make_policy()
    assert associate() is True
    assert associate() is False
    role = create()
    assert role == f"arn:aws:iam::123456789012:role/{ACCOUNT.role_name}"
    assert create() == ""
    iam = client("iam")
    attached = iam.list_attached_role_policies(RoleName=ACCOUNT.role_name)["AttachedPolicies"]
    assert [policy["PolicyArn"] for policy in attached] == [POLICY]
    tags = iam.get_role(RoleName=ACCOUNT.role_name)["Role"]["Tags"]
    assert {"Key": "epochctl:name", "Value": "epoch"} in tags
    delete()
    assert existing() == {}
    assert iam.list_roles()["Roles"] == []
    iam.delete_policy(PolicyArn=POLICY)


def test_a_stack_goes_without_eksctl_too_but_only_that_of_the_cluster(account: None) -> None:
    make_policy()
    associate()
    create()
    found = Stacks(Aws("us-west-2"))
    assert found.status(STACK, "epoch-production") == "CREATE_COMPLETE"
    assert found.status(STACK, "another") == ""
    assert found.delete(STACK, "another") is False
    assert found.delete(STACK, "epoch-production") is True
    assert found.status(STACK, "epoch-production") == ""
    assert found.delete(STACK, "epoch-production") is False
    assert client("iam").list_roles()["Roles"] == []
