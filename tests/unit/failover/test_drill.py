"""A drill in made-up time: what is measured, who is woken, and that everything is mended."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from two_regions import EAST, WEST, World, settings

from epochctl.errors import EpochctlError, Interrupted, VerifyError
from epochctl.failover import drill_marker, report
from epochctl.failover.client import ProbeSecond
from epochctl.failover.drill import Drill, choose, standby
from epochctl.failover.drill_marker import DrillMarker
from epochctl.failover.drill_result import DrillResult, Told
from epochctl.failover.standby import Standby


def drilling(world: World, asleep: Standby | None = None) -> Drill:
    fake = cast("Any", world)
    return Drill(world.settings, world.one(WEST), fake, fake, fake, fake, asleep)


def test_a_drill_measures_detection_dns_recovery_and_the_way_back(tmp_path: Path) -> None:
    world = World(settings(tmp_path))
    drill = drilling(world).run(world.context())
    assert drill.served
    assert drill.detection is not None
    assert 30 <= drill.detection <= 35
    assert drill.dns_change is not None
    assert 29 <= drill.dns_change <= 35
    assert drill.rto is not None
    assert 30 <= drill.rto <= 95
    assert drill.lost > 30
    assert drill.returned is not None
    assert world.log == ["mend"]
    assert drill_marker.find(world.settings) == ()
    assert "RTO" in "\n".join(report.lines(drill))


def test_it_is_mended_when_the_drill_is_stopped(tmp_path: Path) -> None:
    world = World(settings(tmp_path), interrupt_at=20.0)
    with pytest.raises(Interrupted):
        drilling(world).run(world.context())
    assert world.log == ["mend"]
    assert world.places[WEST].up


def test_it_is_mended_when_nobody_takes_over(tmp_path: Path) -> None:
    world = World(settings(tmp_path))
    world.on_tick = lambda now: setattr(world.places[EAST], "up", now < 10)
    with pytest.raises(VerifyError, match="no other region took over"):
        drilling(world).run(world.context())
    assert world.log == ["mend"]


def test_what_cannot_be_mended_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise EpochctlError("the API does not answer")

    world = World(settings(tmp_path))
    monkeypatch.setattr(world, "mend", fail)
    with pytest.raises(EpochctlError, match="could not be mended") as raised:
        drilling(world).run(world.context())
    assert raised.value.fix == "epochctl failover drill --mend"
    assert [one.region for one in drill_marker.find(world.settings)] == [WEST]


def test_a_break_that_no_client_notices_ends_the_drill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(settings(tmp_path))
    monkeypatch.setattr(world, "make", lambda: None)
    drill = drilling(world).run(world.context())
    assert drill.harmless
    assert (drill.lost, drill.rto, drill.detection) == (0, 0.0, None)
    assert world.log == ["mend"]


def test_a_sleeping_standby_is_woken_when_the_primary_is_seen_to_be_ill(tmp_path: Path) -> None:
    world = World(settings(tmp_path, policy="primary-standby", standby_replicas=0))
    world.places[EAST].up = world.places[EAST].noticed = False
    name = standby(world.settings, world.look(), WEST)
    assert name == EAST
    drill = drilling(world, Standby(name, world.wake, world.rest)).run(world.context())
    assert world.log == [f"wake {EAST}", "mend", f"rest {EAST}"]
    assert drill.woken is not None
    assert drill.recovery is not None


def test_the_region_that_answers_is_chosen() -> None:
    world = World(settings())
    assert choose(world.settings, world.look(), EAST, "").name == EAST
    assert choose(world.settings, world.look(), EAST, WEST).name == WEST


def test_one_region_is_not_enough() -> None:
    world = World(settings())
    with pytest.raises(VerifyError, match="two regions"):
        choose(world.settings, world.look()[:1], WEST, "")


def test_an_outage_is_refused() -> None:
    world = World(settings())
    world.places[EAST].noticed = False
    with pytest.raises(VerifyError, match="would be an outage"):
        choose(world.settings, world.look(), WEST, "")


def test_a_drained_region_is_no_place_to_begin() -> None:
    world = World(settings())
    world.drain(EAST)
    with pytest.raises(VerifyError, match="drained") as raised:
        choose(world.settings, world.look(), WEST, "")
    assert raised.value.fix == "epochctl failover to all"


def test_a_killed_drill_is_told_and_found(tmp_path: Path) -> None:
    made = settings(tmp_path)
    drill_marker.write(made, drill_marker.new_marker(WEST, "targets"))
    assert drill_marker.find(made)[0].under_way
    drill_marker.write(made, DrillMarker(WEST, "targets", began="2026-11-24 10:00 UTC", pid=999999999))
    left = drill_marker.find(made)[0]
    assert not left.under_way
    assert "before it had mended" in left.line
    drill_marker.remove(made, WEST)
    assert drill_marker.find(made) == ()


def second(at: int, region: str) -> ProbeSecond:
    return ProbeSecond(float(at), region, 200 if region else 0, 0.5, "" if region else "refused")


DRILL = DrillResult(
    WEST,
    "network",
    "active-active",
    served=True,
    seconds=tuple(second(at, WEST if at < 6 or at >= 70 else "" if at < 40 else EAST) for at in range(80)),
    told=(Told(5, (WEST,)), Told(20, (EAST,)), Told(25, (WEST,)), Told(30, (EAST,)), Told(75, (WEST,))),
    broken=5.0,
    ill=28.0,
    mended=60.0,
    well=65.0,
    back=70.5,
)


def test_numbers_of_a_drill() -> None:
    assert DRILL.detection == 23.0
    assert DRILL.dns_change == 25.0  # for good: one server still answered with it at 25
    assert DRILL.recovery == 35.5
    assert DRILL.rto == 34.5
    assert (DRILL.lost, DRILL.asked) == (34, 55)
    assert (DRILL.healed, DRILL.returned) == (5.0, 10.5)


def test_a_drill_without_a_failure_has_no_outage() -> None:
    smooth = replace(DRILL, seconds=tuple(second(at, WEST if at < 40 else EAST) for at in range(60)))
    assert (smooth.lost, smooth.rto) == (0, 0.0)
    assert smooth.recovery == 35.5


def test_the_strip_has_a_character_a_second() -> None:
    shown = report.strip(DRILL)
    assert shown[0] == "   0 s  AAAAA|A" + "x" * 34 + "B" * 20
    assert shown[1] == "  60 s  |" + "B" * 10 + "A" * 10
    assert report.key(DRILL) == f"A {WEST}, B {EAST}, x no answer; | broken, | mended"


def test_a_drill_as_data() -> None:
    assert report.fields(DRILL)["lost"] == 34
    assert report.fields(DRILL)["strip"] == list(report.strip(DRILL))
