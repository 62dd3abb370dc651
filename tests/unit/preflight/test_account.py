"""How long the caller's credentials last, and what is not asked any more where the environment stands."""

from __future__ import annotations

from collections.abc import Iterator
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
CHANGEABLE = ["instance types", "quota addresses", "quota NAT gateways", "quota vCPUs"]


class Eks:
    def __init__(self, cluster: ClusterAccess | None) -> None:
        self._cluster = cluster

    def describe(self, name: str) -> ClusterAccess | None:
        return self._cluster


def account(cluster: ClusterAccess | None = None) -> AccountChecks:
    aws: Any = None
    eks: Any = Eks(cluster)
    return AccountChecks(SETTINGS, aws, eks)


@pytest.mark.parametrize(
    ("left", "state", "words"),
    [
        (None, "ok", "without an end that anybody knows"),
        (Remaining(3600, NOON, "env", renewed=False), "ok", "60 min left, until 12:00 UTC"),
        (Remaining(600, NOON, "sso", renewed=True), "ok", "10 min left, until 12:00 UTC; then renewed"),
        (Remaining(600, NOON, "env", renewed=False), "warn", "`up` from nothing takes 25 min"),
    ],
)
def test_the_time_that_is_left(
    left: Remaining | None, state: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("epochctl.aws.credentials.time_left", lambda aws: left)
    (fact,) = account().credentials()
    assert (fact.state, words in fact.why) == (state, True)


@pytest.mark.parametrize(
    ("cluster", "stands"),
    [(OURS, True), (None, False), (replace(OURS, status="CREATING"), False), (replace(OURS, tags=()), False)],
)
def test_what_stands_is_not_asked_for_again(
    cluster: ClusterAccess | None, stands: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    examination = Checks(SETTINGS, "us-west-2", Aws("us-west-2"))

    def question(name: str) -> Any:
        def told() -> Iterator[CheckResult]:
            asked.append(name)
            yield ok(name, "")

        return told

    region = {name: question(name) for name in (*examination._region(),)}
    monkeypatch.setattr(examination, "_machine", dict)
    monkeypatch.setattr(examination, "_region", lambda: region)
    monkeypatch.setattr(examination, "_changeable", lambda: {name: region[name] for name in CHANGEABLE})
    monkeypatch.setattr(examination, "_account", account(cluster))
    monkeypatch.setattr(examination._account, "identity", question("identity"))
    assert examination.essential()
    assert sorted(asked) == sorted(["identity", *(CHANGEABLE if stands else region)])
    assert {"quota VPCs", "names", *CHANGEABLE} <= region.keys()
