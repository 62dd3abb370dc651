"""Settings become variables, outputs become Infrastructure."""

from __future__ import annotations

from typing import Any

from epochctl.config import validators
from epochctl.config.settings import Settings
from epochctl.steps.infra_up import tfvars

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
    made = tfvars.infrastructure(OUTPUTS)
    assert made is not None
    assert made.public_subnet_ids == ("subnet-1",)
    assert made.lb_controller_role_arn == ""


def test_half_made_is_none() -> None:
    assert tfvars.infrastructure({}) is None
    assert tfvars.infrastructure({**OUTPUTS, "oidc_provider_arn": None}) is None


def test_two_environments_never_share_a_state() -> None:
    one = Settings(hostname="api.example.com")
    other = one.model_copy(update={"environment": "staging"})
    keys = {
        tfvars.state_key(one, "us-west-2"),
        tfvars.state_key(one, "eu-west-1"),
        tfvars.state_key(other, "us-west-2"),
    }
    assert len(keys) == 3


def test_each_environment_has_a_range_of_its_own() -> None:
    one, other = (tfvars.vpc_range(f"epoch-{word}", "us-west-2") for word in ("production", "staging"))
    assert one != other
    assert one == tfvars.vpc_range("epoch-production", "us-west-2")
    assert all(found.startswith("10.") and found.endswith(".0.0/16") for found in (one, other))


def test_all_regions_of_an_environment_have_ranges_of_their_own() -> None:
    known = validators.regions()
    assert len({tfvars.vpc_range("epoch-production", region) for region in known}) == len(known)


def test_everything_says_which_region_it_is_of() -> None:
    settings = Settings(hostname="api.example.com", regions=("us-west-2", "us-east-1"))
    made = tfvars.variables(settings, "us-east-1")
    assert made["tags"] == {
        "epochctl:name": "epoch",
        "epochctl:environment": "production",
        "epochctl:region": "us-east-1",
    }
    assert made["vpc_cidr"] != tfvars.variables(settings, "us-west-2")["vpc_cidr"]
