"""terraform's state beside the account: what is gone, and what an interrupted run left outside the state."""

from __future__ import annotations

import json

from epochctl.steps.infra_up.state_drift import compare_state

VPC = "module.network.aws_vpc.this"
SUBNET = 'module.network.aws_subnet.public["us-west-2a"]'


def state(**more: object) -> str:
    network = {"mode": "managed", "module": "module.network", "provider": "p"}
    return json.dumps(
        {
            "version": 4,
            "resources": [
                {**network, "type": "aws_vpc", "name": "this", "instances": [{"attributes": {}}]},
                {
                    **network,
                    "type": "aws_subnet",
                    "name": "public",
                    "instances": [{"index_key": "us-west-2a", "attributes": {}}],
                },
                {"mode": "data", "type": "aws_region", "name": "now", "instances": [{}]},
            ],
            **more,
        }
    )


def test_they_agree() -> None:
    found = compare_state(state(), {VPC: "vpc-1", SUBNET: "subnet-1"})
    assert (found.in_state, found.missing, found.untracked) == ((VPC, SUBNET), (), ())


def test_somebody_deleted_one() -> None:
    assert compare_state(state(), {VPC: "vpc-1"}).missing == (SUBNET,)


def test_an_interrupted_run_made_one_that_the_state_does_not_know() -> None:
    cluster = "module.cluster.aws_eks_cluster.this"
    assert compare_state(state(), {VPC: "v", SUBNET: "s", cluster: "c"}).untracked == (cluster,)


def test_no_state_at_all() -> None:
    found = compare_state("", {})
    assert (found.in_state, found.missing, found.untracked, found.infrastructure) == ((), (), (), None)


def test_whether_anything_is_up() -> None:
    emptied = json.dumps({"version": 4, "serial": 9, "resources": []})
    assert (compare_state("", {}).has_resources, compare_state("", {}).is_destroyed) == (False, False)
    assert (compare_state(emptied, {}).has_resources, compare_state(emptied, {}).is_destroyed) == (
        False,
        True,
    )
    assert compare_state(
        emptied, {VPC: "vpc-1"}
    ).has_resources  # left over, or made by somebody: worth a look
    assert compare_state(state(), {}).has_resources  # deleted behind our back is not taken down
