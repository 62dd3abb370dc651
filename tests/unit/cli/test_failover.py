"""`failover status`: the next command that it names; the page that `bin/drills` writes."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from drills.page import written
from drills.runs import dumped, line, runs
from two_regions import EAST, WEST, World, settings

from epochctl.cli.app import run
from epochctl.command import plain
from epochctl.config.settings import Settings
from epochctl.operations.failover_status import HEAD, Row, advice, table

DOCS = Path(__file__).resolve().parents[3] / "docs"


def rows(world: World) -> tuple[Row, ...]:
    return tuple(Row(region, "2 of 2 healthy", region.name == WEST) for region in world.regions())


def test_where_all_is_well_a_drill_is_next() -> None:
    assert plain(advice(WEST, rows(World(settings())), ())) == "epochctl failover drill"


def test_a_drained_region_is_let_in_again() -> None:
    world = World(settings())
    world.drain(WEST)
    assert plain(advice(WEST, rows(world), ())) == "epochctl failover to all"


def test_an_ill_primary_is_left_for_its_standby() -> None:
    world = World(standby())
    world.places[WEST].noticed = world.places[EAST].noticed = False
    assert plain(advice(WEST, rows(world), ())) == f"epochctl failover to {EAST}"


def test_a_standby_that_sleeps_is_not_ill() -> None:
    world = World(standby())
    world.places[EAST].noticed = False
    assert plain(advice(WEST, rows(world), ())) == "epochctl failover drill"


def test_an_ill_region_is_looked_into() -> None:
    world = World(settings())
    world.places[EAST].noticed = False
    assert plain(advice(WEST, rows(world), ())) == f"epochctl diagnose --region {EAST}"


def test_what_a_killed_drill_broke_comes_first() -> None:
    assert plain(advice(WEST, rows(World(settings())), ("a drill",))) == "epochctl failover drill --mend"


def test_a_region_whose_health_counts_for_nothing_is_put_right() -> None:
    world = World(settings())
    world.places[EAST].kept = True
    shown = rows(world)
    assert shown[1].region.health_text == "waits: the health path changes"
    assert plain(advice(WEST, shown, ())) == "epochctl up"


def test_a_line_a_region() -> None:
    shown = table(HEAD, [row.cells for row in rows(World(settings()))])
    assert shown[0].startswith("region     role    record   health check")
    assert shown[1] == f"{WEST}  active  latency  healthy, 3 of 3 checkers  2 of 2 healthy  yes"


@pytest.mark.parametrize(
    ("words", "fix"),
    [
        (["failover", "drill"], "--yes"),
        (["failover", "to", EAST], "--yes"),
        (["failover", "to", "eu-west-1", "--yes"], f"epochctl failover to {WEST}"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    words: list[str],
    fix: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "epochctl.toml").write_text(
        f'hostname = "epoch.example.com"\nregions = ["{WEST}", "{EAST}"]\n'
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert run(words) == 3
    assert fix in capsys.readouterr().err


def test_the_page_is_what_was_measured() -> None:
    measured = json.loads((DOCS / "regions.json").read_text())
    assert (DOCS / "regions.md").read_text() == written(measured)
    tried = {(one["policy"], one["trial"]) for one in measured["drills"]}
    assert len(tried) == 6


def test_what_a_client_saw_is_told_once_for_as_long_as_it_stayed_the_same() -> None:
    good = {"region": WEST, "status": 200, "cause": ""}
    bad = {"region": "", "status": 0, "cause": "connect: timed out"}
    answers = [good] * 3 + [bad] * 2 + [good]
    seen = [{"at": float(at), "seconds": 0.1 + at, **one} for at, one in enumerate(answers)]
    assert [line(one) for one in runs(seen)] == [
        f"   0 s    3 x answered by {WEST}; the slowest took 2.10 s",
        "   3 s    2 x lost: connect: timed out; the slowest took 4.10 s",
        f"   5 s    1 x answered by {WEST}; the slowest took 5.10 s",
    ]
    text = dumped({"drills": [{"runs": runs(seen)}]})
    assert json.loads(text) == {"drills": [{"runs": runs(seen)}]}
    assert len([one for one in text.splitlines() if '"from"' in one and '"slowest"' in one]) == 3


def standby() -> Settings:
    return settings(policy="primary-standby", standby_replicas=0)
