"""ECR's replication rule against moto, which takes one: added to, taken from, gone with its last place."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws

from epochctl.clients.aws import Aws
from epochctl.clients.replication import Replication


@pytest.fixture
def replication(monkeypatch: pytest.MonkeyPatch) -> Iterator[Replication]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield Replication(Aws("us-west-2"), "epoch-production")


def test_a_destination_comes_and_goes(replication: Replication) -> None:
    assert replication.add("us-east-1")
    assert not replication.add("us-east-1")
    assert replication.destinations() == {"us-east-1"}
    assert replication.remove("us-east-1")
    assert replication.destinations() == frozenset()
    assert not replication.clear()
