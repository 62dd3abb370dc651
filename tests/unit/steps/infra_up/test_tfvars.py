"""Settings become variables, outputs become Infrastructure; an expiry is kept, asked for, or set."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from epochctl.aws.expiry import format_expiry, parse_expiry
from epochctl.config import validators
from epochctl.config.settings import Settings
from epochctl.steps.infra_up import tfvars
from epochctl.steps.infra_up.tfvars import decide_expiry

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
    made = tfvars.parse_outputs(OUTPUTS)
    assert made is not None
    assert made.public_subnet_ids == ("subnet-1",)
    assert made.lb_controller_role_arn == ""


def test_half_made_is_none() -> None:
    assert tfvars.parse_outputs({}) is None
    assert tfvars.parse_outputs({**OUTPUTS, "oidc_provider_arn": None}) is None


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
    one, other = (tfvars.vpc_cidr(f"epoch-{word}", "us-west-2") for word in ("production", "staging"))
    assert one != other
    assert one == tfvars.vpc_cidr("epoch-production", "us-west-2")
    assert all(found.startswith("10.") and found.endswith(".0.0/16") for found in (one, other))


def test_all_regions_of_an_environment_have_ranges_of_their_own() -> None:
    known = validators.regions()
    assert len({tfvars.vpc_cidr("epoch-production", region) for region in known}) == len(known)


def test_everything_says_which_region_it_is_of() -> None:
    settings = Settings(hostname="api.example.com", regions=("us-west-2", "us-east-1"))
    made = tfvars.variables(settings, "us-east-1")
    assert made["tags"] == {
        "epochctl:name": "epoch",
        "epochctl:environment": "production",
        "epochctl:region": "us-east-1",
    }
    assert made["vpc_cidr"] != tfvars.variables(settings, "us-west-2")["vpc_cidr"]


NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SOME = "2026-11-24T13:00:00Z"


def test_asked_for_counts_from_now() -> None:
    assert decide_expiry("4h", SOME, "", NOW) == "2026-11-24T16:00:00Z"


def test_what_is_there_stays() -> None:
    assert decide_expiry("", SOME, "", NOW) == SOME
    assert decide_expiry("", SOME, "2d", NOW) == SOME
    assert decide_expiry("", "never", "2d", NOW) == "never"


def test_the_setting_is_for_what_has_none() -> None:
    assert decide_expiry("", "", "90s", NOW) == "2026-11-24T12:01:30Z"
    assert decide_expiry("", "", "", NOW) == ""


def test_never_is_written_so_that_the_setting_does_not_come_back() -> None:
    assert decide_expiry("never", SOME, "4h", NOW) == "never"


def test_the_tag_is_read_as_it_was_written() -> None:
    assert parse_expiry(format_expiry(NOW)) == NOW
    assert parse_expiry("never") is None
    assert parse_expiry("tomorrow") is None
