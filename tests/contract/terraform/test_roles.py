"""The roles of workflows: made by real terraform; trust and rights judged for every run that might try."""

from __future__ import annotations

import fnmatch
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from actions.event import Event, dispatch, pull_request, push, schedule

from epochctl.aws.session import Aws
from epochctl.config.settings import Settings
from epochctl.delivery.roles import CiRoles
from epochctl.errors import SettingsError
from epochctl.tools.terraform import Terraform

from .conftest import REGION, ROOT

PULL = pull_request(7, base="b", head="h", merge="m")


def roles(root: Path, settings: Settings, repository: str = "acme/epoch") -> CiRoles:
    terraform = Terraform(root, settings.directory / "terraform-data", REGION)
    return CiRoles(settings, repository, Aws(REGION), terraform)


@pytest.fixture
def ci(tmp_path: Path, root: Path) -> Path:
    copy = tmp_path / "ci"
    shutil.copytree(ROOT / "ci", copy, ignore=shutil.ignore_patterns(".terraform"))
    shutil.copy(root / "emulated_override.tf", copy)
    return copy


def may_assume(trust: dict[str, Any], claims: dict[str, str]) -> bool:
    """As AWS judges it, for the one condition that we use: a claim that is missing equals nothing."""
    issuer = "token.actions.githubusercontent.com"

    def holds(statement: dict[str, Any]) -> bool:
        assert statement["Principal"]["Federated"].endswith(f":oidc-provider/{issuer}")
        assert list(statement["Condition"]) == ["StringEquals"]
        wanted = statement["Condition"]["StringEquals"]
        return all(
            claims.get(key.removeprefix(f"{issuer}:")) in ([told] if isinstance(told, str) else told)
            for key, told in wanted.items()
        )

    return any(holds(statement) for statement in trust["Statement"])


def may_do(policy: dict[str, Any], action: str, resource: str) -> bool:
    """By action and resource, conditions taken as met; a denial counts more."""

    def covers(statement: dict[str, Any]) -> bool:
        actions, resources = (
            [told] if isinstance(told := statement[key], str) else told for key in ("Action", "Resource")
        )
        return any(fnmatch.fnmatchcase(action, each) for each in actions) and any(
            fnmatch.fnmatchcase(resource, each) for each in resources
        )

    effects = {statement["Effect"] for statement in policy["Statement"] if covers(statement)}
    return effects == {"Allow"}


def claims(event: Event, environment: str = "", **other: str) -> dict[str, str]:
    return {**event.claims(environment), **other}


def test_roles_trust_the_repository_branch_and_environment_alone(
    account: str, ci: Path, settings: Settings
) -> None:
    said: list[str] = []
    maker = roles(ci, settings)
    made = maker.apply(maker.plan(said.append), said.append)
    assert made is not None
    iam = Aws(REGION).client("iam")

    def trust(arn: str) -> dict[str, Any]:
        found = iam.get_role(RoleName=arn.rpartition("/")[2])["Role"]["AssumeRolePolicyDocument"]
        return dict(found)

    plan, deploy = trust(made.plan), trust(made.deploy)
    fork = {"sub": "repo:stranger/epoch:pull_request", "repository": "stranger/epoch"}
    for who, in_plan, in_deploy in (
        (claims(PULL), True, False),
        (claims(schedule("s")), True, False),
        (claims(push("s"), "production"), False, True),
        (claims(dispatch("s"), "production"), False, True),
        (claims(push("s", "feature"), "production"), False, False),
        (claims(push("s"), "staging"), False, False),
        (claims(push("s", "feature")), False, False),
        (claims(PULL, "production"), False, False),
        (claims(PULL, **fork), False, False),
        (claims(push("s"), "production", aud="other"), False, False),
        (claims(push("s"), "production", repository="acme/epoch2"), False, False),
        (claims(push("s"), sub="repo:acme/epoch-evil:ref:refs/heads/main"), False, False),
        ({"aud": "sts.amazonaws.com"}, False, False),
    ):
        assert (may_assume(plan, who), may_assume(deploy, who)) == (in_plan, in_deploy), who

    judge_rights(iam, made.plan, made.deploy)
    again = roles(ci, settings)
    assert not again.plan(said.append).has_changes
    gone = again.apply(again.plan(said.append, remove=True), said.append)
    assert gone is None
    assert iam.list_roles()["Roles"] == []
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []


def judge_rights(iam: Any, plan: str, deploy: str) -> None:
    """The plan role looks and locks; the deploy role makes what is ours, and never more of itself."""
    looks = iam.get_role_policy(RoleName=plan.rpartition("/")[2], PolicyName="plan")["PolicyDocument"]
    (attached,) = iam.list_attached_role_policies(RoleName=deploy.rpartition("/")[2])["AttachedPolicies"]
    arn = attached["PolicyArn"]
    works = iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"]
    assert len(json.dumps(works, separators=(",", ":"))) < 6144
    state = "arn:aws:s3:::epochctl-state-123456789012-us-west-2/epoch/production/us-west-2/terraform.tfstate"
    role = "arn:aws:iam::123456789012:role/epoch-production"
    for action, resource, in_plan, in_deploy in (
        ("ec2:DescribeVpcs", "*", True, True),
        ("ec2:CreateVpc", "*", False, True),
        ("eks:DeleteCluster", "*", False, True),
        ("s3:GetObject", state, True, True),
        ("s3:PutObject", state, False, True),
        ("s3:PutObject", f"{state}.tflock", True, True),
        ("s3:DeleteObject", state, False, True),
        ("s3:GetObject", state.replace("/production/", "/staging/"), False, False),
        ("iam:CreateRole", f"{role}-us-west-2-cluster", False, True),
        ("iam:CreateRole", "arn:aws:iam::123456789012:role/admin", False, False),
        ("iam:PutRolePolicy", f"{role}-ci-deploy", False, False),
        ("iam:UpdateAssumeRolePolicy", f"{role}-ci-plan", False, False),
        ("iam:CreatePolicyVersion", arn, False, False),
        ("iam:CreateUser", "*", False, False),
        ("iam:CreateAccessKey", "*", False, False),
        ("sts:AssumeRole", "*", False, False),
    ):
        judged = (may_do(looks, action, resource), may_do(works, action, resource))
        assert judged == (in_plan, in_deploy), (action, resource)


def test_a_provider_that_the_account_has_is_used_and_left(account: str, ci: Path, settings: Settings) -> None:
    iam = Aws(REGION).client("iam")
    url = "https://token.actions.githubusercontent.com"
    arn = iam.create_open_id_connect_provider(Url=url, ClientIDList=["sts.amazonaws.com"])
    say: Callable[[str], None] = lambda line: None  # noqa: E731
    maker = roles(ci, settings)
    assert maker.apply(maker.plan(say), say)
    maker.apply(maker.plan(say, remove=True), say)
    left = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    assert [each["Arn"] for each in left] == [arn["OpenIDConnectProviderArn"]]
    assert iam.list_roles()["Roles"] == []


def test_whom_to_trust_must_be_known(settings: Settings, ci: Path) -> None:
    with pytest.raises(SettingsError, match="whose workflows"):
        roles(ci, settings, "")
