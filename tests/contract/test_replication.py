"""ECR's replication rule against moto, which takes one: added to, taken from, gone with its last place."""

from __future__ import annotations

import pytest

from epochctl.aws.replication import Replication
from epochctl.aws.session import Aws


@pytest.fixture
def replication(aws: Aws) -> Replication:
    return Replication(aws, "epoch-production")


def test_a_destination_comes_and_goes(replication: Replication) -> None:
    assert replication.add("us-east-1")
    assert not replication.add("us-east-1")
    assert replication.destinations() == {"us-east-1"}
    assert replication.remove("us-east-1")
    assert replication.destinations() == frozenset()
    assert not replication.clear()
