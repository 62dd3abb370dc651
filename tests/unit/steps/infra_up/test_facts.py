"""Settings become variables, outputs become Infrastructure."""

from __future__ import annotations

from typing import Any

from epochctl.settings import Settings
from epochctl.steps.infra_up import facts

OUTPUTS: dict[str, Any] = {
    "region": "us-west-2",
    "account_id": "123456789012",
    "vpc_id": "vpc-1",
    "public_subnet_ids": ["subnet-1"],
    "private_subnet_ids": ["subnet-2"],
    "cluster_name": "epoch-production",
    "cluster_version": "1.35",
    "node_group_name": "epoch-production",
    "node_architecture": "arm64",
    "oidc_provider_arn": "arn:oidc",
    "repository_url": "url",
    "repository_name": "epoch-production",
    "lb_controller_role_arn": "",
    "lb_controller_policy_arn": "arn:policy",
}


def test_outputs_become_frozen() -> None:
    made = facts.infrastructure(OUTPUTS)
    assert made is not None
    assert made.public_subnet_ids == ("subnet-1",)
    assert made.lb_controller_role_arn == ""


def test_half_made_is_none() -> None:
    assert facts.infrastructure({}) is None
    assert facts.infrastructure({**OUTPUTS, "oidc_provider_arn": None}) is None


def test_two_environments_never_share_a_state() -> None:
    one = Settings(hostname="api.example.com")
    other = one.model_copy(update={"environment": "staging"})
    keys = {
        facts.state_key(one, "us-west-2"),
        facts.state_key(one, "eu-west-1"),
        facts.state_key(other, "us-west-2"),
    }
    assert len(keys) == 3


def test_each_environment_has_a_range_of_its_own() -> None:
    one, other = facts.vpc_range("epoch-production"), facts.vpc_range("epoch-staging")
    assert one != other
    assert one == facts.vpc_range("epoch-production")
    assert all(found.startswith("10.") and found.endswith(".0.0/16") for found in (one, other))
