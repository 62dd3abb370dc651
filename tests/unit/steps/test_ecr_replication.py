"""An image that is pushed at home and copied by ECR: waited for, or not where none will come."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from epochctl.errors import CredentialsError, EpochctlError
from epochctl.steps.ecr_replication import COPY_DEADLINE, EcrReplication
from epochctl.workflow.events import Event, StepProgress
from epochctl.workflow.outputs import Outputs
from epochctl.workflow.step import Context

WEST, EAST, DIGEST = "us-west-2", "us-east-1", "sha256:1"


@dataclass
class World:
    """Is the clock, both registries' ECR by region, and the rule of home. copied: seconds from the push."""

    copied: float = 3.0
    status: str = "IN_PROGRESS"
    repositories: bool = True
    error: EpochctlError | None = None
    rules: set[str] = field(default_factory=set)
    events: list[Event] = field(default_factory=list)
    time: float = 0.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def repository(self, name: str) -> bool:
        return self.repositories

    def add(self, region: str) -> bool:
        if self.error:
            raise self.error
        added = region not in self.rules
        self.rules.add(region)
        return added

    def remove(self, region: str) -> bool:
        if self.error:
            raise self.error
        return bool(self.rules & {region}) and not self.rules.discard(region)

    def clear(self) -> bool:
        found = bool(self.rules)
        self.rules.clear()
        return found

    def image_status(self, digest: str, region: str) -> str:
        return self.status

    def ecr(self, *, home: bool, pushed: bool = True) -> Any:
        """One that has the image: home at once, where it was pushed; the other when the copy is there."""
        world = self

        class Ecr:
            repository = staticmethod(world.repository)

            def has_image(self, repository: str, digest: str) -> bool:
                return pushed and (home or world.time >= world.copied)

        return Ecr()

    def context(self) -> Context:
        return Context("push", Outputs(), self.events.append, self)

    @property
    def said(self) -> str:
        return " ".join(event.message for event in self.events if isinstance(event, StepProgress))


def replicated(world: World, region: str, *, pushed: bool = True) -> EcrReplication:
    home = "" if region == WEST else WEST
    rule = type(
        "Rule",
        (),
        {
            "add": staticmethod(world.add),
            "remove": staticmethod(world.remove),
            "clear": staticmethod(world.clear),
            "status": staticmethod(world.image_status),
        },
    )()
    other = world.ecr(home=bool(home), pushed=pushed)
    return EcrReplication(region, "epoch", home, cast("Any", rule), {home or EAST: other})


def arrives(world: World, *, pushed: bool = True) -> bool:
    here = world.ecr(home=False, pushed=pushed)
    return replicated(world, EAST, pushed=pushed).wait_for_copy(world.context(), DIGEST, here)


def test_home_has_it_copied_to_whoever_has_a_repository() -> None:
    world = World()
    step = replicated(world, WEST)
    step.start(world.context())
    step.start(world.context())
    assert world.rules == {EAST}
    assert world.said == f"images are copied to {EAST} from now on"
    assert not step.wait_for_copy(world.context(), DIGEST, world.ecr(home=True))  # home pushes
    none_yet = World(repositories=False)
    replicated(none_yet, WEST).start(none_yet.context())
    assert none_yet.rules == set()


def test_another_region_waits_for_the_copy() -> None:
    world = World()
    assert arrives(world)
    assert world.copied <= world.time < world.copied + 10


@pytest.mark.parametrize("status", ["", "FAILED", "FAILED: denied"])
def test_where_no_copy_will_come_nobody_waits(status: str) -> None:
    world = World(copied=1000, status=status)
    assert not arrives(world)
    assert world.time == 0


def test_a_home_that_never_pushes_is_not_waited_for_for_ever() -> None:
    world = World()
    assert not arrives(world, pushed=False)
    assert COPY_DEADLINE <= world.time < COPY_DEADLINE + 10
    assert f"no image comes from {WEST}: {WEST} does not have it yet" in world.said


def test_a_home_that_is_down_is_said_and_stops_nothing() -> None:
    world = World(error=CredentialsError("AWS refused the request", why="AccessDenied"))
    step = replicated(world, EAST)
    step.start(world.context())
    assert step.stop(world.context()) == ()
    assert "images are not copied" in world.said
    assert f"{WEST} goes on copying" in world.said


def test_a_region_that_goes_takes_its_part_of_the_rule_and_home_the_whole() -> None:
    world = World(rules={EAST, "eu-west-1"})
    assert replicated(world, EAST).stop(world.context()) == (f"ECR replication of epoch to {EAST}",)
    assert world.rules == {"eu-west-1"}
    assert replicated(world, WEST).stop(world.context()) == ("ECR replication of epoch to other regions",)
    assert replicated(world, WEST).stop(world.context()) == ()
