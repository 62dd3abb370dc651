"""A drill in simulated time: what it measures, when it scales a standby up, and that it always repairs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from two_regions import EAST, WEST, World, settings

from epochctl.command import Command
from epochctl.errors import EpochctlError, Interrupted, VerifyError
from epochctl.failover import drill_marker, report
from epochctl.failover.client import Probe
from epochctl.failover.drill import Drill, choose_region, reduced_standby
from epochctl.failover.drill_marker import DrillMarker
from epochctl.failover.drill_result import DnsAnswer, DrillResult
from epochctl.failover.standby import Standby, StandbySizing


def drilling(world: World, asleep: Standby | None = None) -> Drill:
    fake = cast("Any", world)
    return Drill(world.settings, world.region(WEST), fake, fake, fake, fake, asleep)


def test_a_drill_measures_detection_dns_recovery_and_the_way_back(tmp_path: Path) -> None:
    world = World(settings(tmp_path))
    drill = drilling(world).run(world.context())
    assert drill.served_before
    assert drill.detection is not None
    assert 30 <= drill.detection <= 35
    assert drill.dns_change is not None
    assert 29 <= drill.dns_change <= 35
    assert drill.rto is not None
    assert 30 <= drill.rto <= 95
    assert drill.lost > 30
    assert drill.serves_after is not None
    assert world.log == ["repair"]
    assert drill_marker.find(world.settings) == ()
    assert "RTO" in "\n".join(report.text_lines(drill))


def test_it_is_repaired_when_the_drill_is_stopped(tmp_path: Path) -> None:
    world = World(settings(tmp_path), interrupt_at=20.0)
    with pytest.raises(Interrupted):
        drilling(world).run(world.context())
    assert world.log == ["repair"]
    assert world.places[WEST].up


def test_it_is_repaired_when_nobody_takes_over(tmp_path: Path) -> None:
    world = World(settings(tmp_path))
    world.on_tick = lambda now: setattr(world.places[EAST], "up", now < 10)
    with pytest.raises(VerifyError, match="no other region took over"):
        drilling(world).run(world.context())
    assert world.log == ["repair"]


def test_what_cannot_be_repaired_is_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise EpochctlError("the API does not answer")

    world = World(settings(tmp_path))
    monkeypatch.setattr(world, "repair", fail)
    with pytest.raises(EpochctlError, match="could not be mended") as raised:
        drilling(world).run(world.context())
    assert raised.value.fix == Command("failover", "drill", "--mend")
    assert [one.region for one in drill_marker.find(world.settings)] == [WEST]


def test_a_break_that_no_client_notices_ends_the_drill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(settings(tmp_path))
    monkeypatch.setattr(world, "inject", lambda: None)
    drill = drilling(world).run(world.context())
    assert drill.is_harmless
    assert (drill.lost, drill.rto, drill.detection) == (0, 0.0, None)
    assert world.log == ["repair"]


def test_a_sleeping_standby_is_scaled_up_when_the_primary_fails(tmp_path: Path) -> None:
    world = World(settings(tmp_path, policy="primary-standby", standby_replicas=0))
    world.places[EAST].up = world.places[EAST].noticed = False
    name = reduced_standby(world.settings, world.regions(), WEST)
    assert name == EAST
    drill = drilling(world, Standby(name, StandbySizing(world.scale_up, world.scale_down))).run(
        world.context()
    )
    assert world.log == [f"scale up {EAST}", "repair", f"scale down {EAST}"]
    assert drill.scale_up_seconds is not None
    assert drill.recovery is not None


def test_the_region_that_answers_is_chosen() -> None:
    world = World(settings())
    assert choose_region(world.settings, world.regions(), EAST, "").name == EAST
    assert choose_region(world.settings, world.regions(), EAST, WEST).name == WEST


def test_one_region_is_not_enough() -> None:
    world = World(settings())
    with pytest.raises(VerifyError, match="two regions"):
        choose_region(world.settings, world.regions()[:1], WEST, "")


def test_an_outage_is_refused() -> None:
    world = World(settings())
    world.places[EAST].noticed = False
    with pytest.raises(VerifyError, match="would be an outage"):
        choose_region(world.settings, world.regions(), WEST, "")


def test_a_drained_region_is_no_place_to_begin() -> None:
    world = World(settings())
    world.drain(EAST)
    with pytest.raises(VerifyError, match="drained") as raised:
        choose_region(world.settings, world.regions(), WEST, "")
    assert raised.value.fix == Command("failover", "to", "all")


def test_a_killed_drill_leaves_its_marker(tmp_path: Path) -> None:
    made = settings(tmp_path)
    drill_marker.write(made, drill_marker.new_marker(WEST, "targets"))
    assert drill_marker.find(made)[0].is_running
    drill_marker.write(made, DrillMarker(WEST, "targets", began="2026-11-24 10:00 UTC", pid=999999999))
    left = drill_marker.find(made)[0]
    assert not left.is_running
    assert "before it had mended" in left.text
    drill_marker.remove(made, WEST)
    assert drill_marker.find(made) == ()


def probe(at: int, region: str) -> Probe:
    return Probe(float(at), region, 200 if region else 0, 0.5, "" if region else "refused")


DRILL = DrillResult(
    WEST,
    "network",
    "active-active",
    served_before=True,
    probes=tuple(probe(at, WEST if at < 6 or at >= 70 else "" if at < 40 else EAST) for at in range(80)),
    dns_answers=(
        DnsAnswer(5, (WEST,)),
        DnsAnswer(20, (EAST,)),
        DnsAnswer(25, (WEST,)),
        DnsAnswer(30, (EAST,)),
        DnsAnswer(75, (WEST,)),
    ),
    broken_at=5.0,
    failed_at=28.0,
    repaired_at=60.0,
    healthy_at=65.0,
    serves_at=70.5,
)


def test_numbers_of_a_drill() -> None:
    assert DRILL.detection == 23.0
    assert DRILL.dns_change == 25.0  # for good: one server still answered with it at 25
    assert DRILL.recovery == 35.5
    assert DRILL.rto == 34.5
    assert (DRILL.lost, DRILL.requests) == (34, 55)
    assert (DRILL.healthy_after, DRILL.serves_after) == (5.0, 10.5)


def test_a_drill_without_a_failure_has_no_outage() -> None:
    smooth = replace(DRILL, probes=tuple(probe(at, WEST if at < 40 else EAST) for at in range(60)))
    assert (smooth.lost, smooth.rto) == (0, 0.0)
    assert smooth.recovery == 35.5


def test_the_timeline_has_a_character_a_second() -> None:
    shown = report.timeline(DRILL)
    assert shown[0] == "   0 s  AAAAA|A" + "x" * 34 + "B" * 20
    assert shown[1] == "  60 s  |" + "B" * 10 + "A" * 10
    assert report.legend(DRILL) == f"A {WEST}, B {EAST}, x no answer; | broken, | mended"


def test_a_drill_as_data() -> None:
    assert report.json_fields(DRILL)["lost"] == 34
    assert report.json_fields(DRILL)["strip"] == list(report.timeline(DRILL))
