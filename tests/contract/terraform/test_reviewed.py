"""A plan is applied only if it is the reviewed one: real terraform, a state that moves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from epochctl.config.settings import Cluster, Settings
from epochctl.errors import ReviewError
from epochctl.steps.infra_up import Reviewed
from epochctl.tools.terraform import Proposal

from .conftest import World


def reviewed(*proposals: Proposal, inputs: str = "files") -> Reviewed:
    return Reviewed(tuple(replace(one, inputs="files") for one in proposals), (("us-west-2", inputs),))


def proposal(world: World) -> Proposal:
    return world.step.propose(world.ctx)[1]  # type: ignore[no-any-return]


def test_only_the_reviewed_plan_is_applied(account: str, root: Path, settings: Settings) -> None:
    first = proposal(World(root, settings))
    assert (first.region, first.serial, first.lineage) == ("us-west-2", 0, "")
    assert len(first.moves) > 30
    assert "aws_eks_cluster.this will be created" in first.text
    world = World(root, settings, reviewed(first))
    world.step.apply(world.ctx)

    again = World(root, settings, reviewed())
    again.step.apply(again.ctx)  # nothing is due: nothing had to be reviewed

    larger = settings.model_copy(update={"cluster": Cluster(instance_types=("t3.large",))})
    wanted = proposal(World(root, larger))
    (risk,) = wanted.risks
    assert (risk.action, risk.why) == ("replace", "instance_types: cannot be changed in place")
    assert wanted.serial > 0

    late = World(root, larger, reviewed(replace(first, lineage=wanted.lineage)))
    with pytest.raises(ReviewError, match="not the one that was reviewed") as error:
        late.step.apply(late.ctx)
    assert error.value.exit_code == 18
    assert f"the state has moved on: serial 0 was reviewed, {wanted.serial} is there" in error.value.why
    assert "it would do something else" in error.value.why
    assert "replace aws_eks_node_group.this" in error.value.why
    assert proposal(World(root, larger)) == wanted  # nothing was changed; the same question, the same answer
