"""Sending clients to one region and back: the order of the changes, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from two_regions import EAST, WEST, World, settings

from epochctl.config.settings import Settings
from epochctl.errors import Interrupted, NotFoundError, VerifyError
from epochctl.failover.standby import StandbySizing
from epochctl.failover.switchover import Switchover


def switchover(world: World) -> Switchover:
    fake = cast("Any", world)
    return Switchover(
        world.settings,
        fake,
        fake,
        StandbySizing(world.scale_up, world.scale_down),
        shared_hostname=fake,
        https=fake,
    )


def test_clients_go_to_one_region_and_cached_answers_are_waited_out() -> None:
    world = World(settings())
    answer = switchover(world).switch_to(world.context(), EAST)
    assert answer.region == EAST
    assert world.places[WEST].drained
    assert not world.places[EAST].drained
    assert world.time >= 60


def test_again_nothing_is_changed_and_nothing_waited_for() -> None:
    world = World(settings())
    switchover(world).switch_to(world.context(), EAST)
    before = world.time
    switchover(world).switch_to(world.context(), EAST)
    assert world.time - before < 5


def test_killed_in_the_middle_it_resumes() -> None:
    world = World(settings(), interrupt_at=20.0)
    with pytest.raises(Interrupted):
        switchover(world).switch_to(world.context(), EAST)
    assert world.places[WEST].drained
    world.interrupt_at = float("inf")
    assert switchover(world).switch_to(world.context(), EAST).region == EAST


def test_nothing_is_drained_where_the_other_region_does_not_answer() -> None:
    world = World(settings())
    world.places[EAST].up = False
    with pytest.raises(VerifyError, match="us-east-1 does not answer"):
        switchover(world).switch_to(world.context(), EAST)
    assert world.log == []


def test_a_region_that_was_drained_is_let_in_before_the_other_leaves() -> None:
    world = World(settings())
    switchover(world).switch_to(world.context(), EAST)
    world.log.clear()
    switchover(world).switch_to(world.context(), WEST)
    assert world.log == [f"undrain {WEST}", f"drain {EAST}"]


def test_restore_undrains_every_region_and_waits_until_they_are_healthy() -> None:
    world = World(settings())
    switchover(world).switch_to(world.context(), EAST)
    answer = switchover(world).restore(world.context())
    assert answer.region == WEST
    assert not any(place.drained for place in world.places.values())
    assert all(place.noticed for place in world.places.values())


def test_a_region_that_is_still_dead_is_not_let_in() -> None:
    world = World(settings())
    switchover(world).switch_to(world.context(), EAST)
    world.places[WEST].up = False
    with pytest.raises(VerifyError, match="us-west-2 does not answer"):
        switchover(world).restore(world.context())
    assert world.places[WEST].drained


def asleep(tmp_path: Path = Path(".")) -> Settings:
    return settings(tmp_path, policy="primary-standby", standby_replicas=0)


def test_a_reduced_standby_is_scaled_up_first_and_down_when_the_primary_serves_again() -> None:
    world = World(asleep())
    world.places[EAST].up = world.places[EAST].noticed = False
    switchover(world).switch_to(world.context(), EAST)
    assert world.log == [f"scale up {EAST}", f"undrain {EAST}", f"drain {WEST}"]
    world.log.clear()
    assert switchover(world).restore(world.context()).region == WEST
    assert world.log == [f"undrain {WEST}", f"scale down {EAST}"]


def test_a_region_without_a_record_is_refused() -> None:
    world = World(settings())
    with pytest.raises(NotFoundError, match="eu-west-1"):
        switchover(world).switch_to(world.context(), "eu-west-1")
    assert world.log == []
