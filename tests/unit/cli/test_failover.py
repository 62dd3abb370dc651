"""`failover status`: the next command that it names; the page that `bin/drills` writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from drills.page import written
from two_regions import EAST, WEST, World, settings

from epochctl.cli.app import run
from epochctl.cli.standings import HEAD, Row, advice, table
from epochctl.settings import Settings

DOCS = Path(__file__).resolve().parents[3] / "docs"


def rows(world: World) -> tuple[Row, ...]:
    return tuple(Row(region, "2 of 2 healthy", region.name == WEST) for region in world.look())


def test_where_all_is_well_a_drill_is_next() -> None:
    assert advice(WEST, rows(World(settings())), ()) == "epochctl failover drill"


def test_a_drained_region_is_let_in_again() -> None:
    world = World(settings())
    world.drain(WEST)
    assert advice(WEST, rows(world), ()) == "epochctl failover to all"


def test_an_ill_primary_is_left_for_its_standby() -> None:
    world = World(standby())
    world.places[WEST].noticed = world.places[EAST].noticed = False
    assert advice(WEST, rows(world), ()) == f"epochctl failover to {EAST}"


def test_a_standby_that_sleeps_is_not_ill() -> None:
    world = World(standby())
    world.places[EAST].noticed = False
    assert advice(WEST, rows(world), ()) == "epochctl failover drill"


def test_an_ill_region_is_looked_into() -> None:
    world = World(settings())
    world.places[EAST].noticed = False
    assert advice(WEST, rows(world), ()) == f"epochctl diagnose --region {EAST}"


def test_what_a_killed_drill_broke_comes_first() -> None:
    assert advice(WEST, rows(World(settings())), ("a drill",)) == "epochctl failover drill --mend"


def test_a_line_a_region() -> None:
    shown = table(HEAD, [row.cells for row in rows(World(settings()))])
    assert shown[0].startswith("region     role    record   health check")
    assert shown[1] == f"{WEST}  active  latency  healthy, 3 of 3 checkers  2 of 2 healthy  yes"


@pytest.mark.parametrize(
    ("line", "fix"),
    [
        (["failover", "drill", "--break-command", "true", "--yes"], "give both"),
        (["failover", "drill"], "--yes"),
        (["failover", "to", EAST], "--yes"),
        (["failover", "to", "eu-west-1", "--yes"], f"epochctl failover to {WEST}"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    line: list[str],
    fix: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "epochctl.toml").write_text(
        f'hostname = "epoch.example.com"\nregions = ["{WEST}", "{EAST}"]\n'
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("epochctl.cli.session.interactive", lambda: False)
    assert run(line) == 3
    assert fix in capsys.readouterr().err


def test_the_page_is_what_was_measured() -> None:
    measured = json.loads((DOCS / "regions.json").read_text())
    assert (DOCS / "regions.md").read_text() == written(measured)
    tried = {(one["policy"], one["trial"]) for one in measured["drills"]}
    assert len(tried) == 6


def standby() -> Settings:
    return settings(policy="primary-standby", standby_replicas=0)
