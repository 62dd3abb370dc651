"""How long the caller's credentials last, and which checks run when the environment is up already."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from epochctl.aws.eks import ClusterAccess
from epochctl.aws.session import Aws
from epochctl.config.settings import Settings
from epochctl.preflight import Checks
from epochctl.preflight.account import AccountChecks
from epochctl.preflight.check_result import CheckResult, ok
from epochctl.workflow.budget import Remaining

SETTINGS = Settings(hostname="epoch.example.com")
TAGS = tuple(SETTINGS.tags.items())
OURS = ClusterAccess(
    SETTINGS.full_name,
    "us-west-2",
    "123456789012",
    "arn",
    "ACTIVE",
    "1.36",
    "https://c",
    "",
    "",
    "vpc-1",
    TAGS,
)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
CHANGEABLE = ["instance_types", "addresses", "nat_gateways", "vcpus"]


class Eks:
    def __init__(self, cluster: ClusterAccess | None) -> None:
        self._cluster = cluster

    def describe(self, name: str) -> ClusterAccess | None:
        return self._cluster


def account(cluster: ClusterAccess | None = None, left: Remaining | None = None) -> AccountChecks:
    aws: Any = None
    eks: Any = Eks(cluster)
    return AccountChecks(SETTINGS, aws, eks, lambda aws: left)


class Recorder:
    """Checks of any name, which pass. asked: the names of those that ran."""

    def __init__(self, asked: list[str]) -> None:
        self._asked = asked

    def __getattr__(self, name: str) -> Callable[[], Iterator[CheckResult]]:
        def check() -> Iterator[CheckResult]:
            self._asked.append(name)
            yield ok(name, "")

        return check


@pytest.mark.parametrize(
    ("left", "state", "words"),
    [
        (None, "ok", "without an end that anybody knows"),
        (Remaining(3600, NOON, "env", renewed=False), "ok", "60 min left, until 12:00 UTC"),
        (Remaining(600, NOON, "sso", renewed=True), "ok", "10 min left, until 12:00 UTC; then renewed"),
        (Remaining(600, NOON, "env", renewed=False), "warn", "`up` from nothing takes 25 min"),
    ],
)
def test_the_time_that_is_left(left: Remaining | None, state: str, words: str) -> None:
    (result,) = account(left=left).credentials()
    assert (result.state, words in result.why) == (state, True)


@pytest.mark.parametrize(
    ("cluster", "is_up"),
    [(OURS, True), (None, False), (replace(OURS, status="CREATING"), False), (replace(OURS, tags=()), False)],
)
def test_an_environment_that_is_up_is_only_checked_for_what_can_change(
    cluster: ClusterAccess | None, is_up: bool
) -> None:
    asked: list[str] = []
    recorder: Any = Recorder(asked)
    identity: Any = account(cluster)
    identity.identity = recorder.identity
    doubles = dict.fromkeys(("local", "quotas", "support", "names", "hosted_zone"), recorder)
    assert Checks(SETTINGS, "us-west-2", Aws("us-west-2"), account=identity, **doubles).run_required()
    machine = ["terraform", "helm", "eksctl", "image", "disk"]
    region = ["zones", "version", "vpcs", "clusters", "conflicts", "delegation", *CHANGEABLE]
    assert sorted(asked) == sorted(["identity", *machine, *(CHANGEABLE if is_up else region)])
