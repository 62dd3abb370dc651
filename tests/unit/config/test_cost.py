"""The bill: by part, from a dated table that may not grow old."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from epochctl.command import Command
from epochctl.config import cost, prices
from epochctl.config.routing import Routing
from epochctl.config.settings import Cluster, Settings
from epochctl.operations import cost_report


def settings(region: str = "us-west-2", **cluster: object) -> Settings:
    return Settings(hostname="epoch.example.com", regions=(region,), cluster=Cluster(**cluster))  # type: ignore[arg-type]


def test_the_table_was_looked_over_within_half_a_year() -> None:
    assert date.today() - prices.dated() < timedelta(days=183), "look over prices.toml and date it"


def test_every_region_has_every_price() -> None:
    assert "us-west-2" in prices.regions()
    for region in prices.regions():
        table = prices.prices(region)
        assert table is not None
        assert min(table.nat, table.load_balancer, table.disk, table.control_plane, table.address) > 0
        assert "t3.medium" in table.nodes


def test_the_default_environment_by_part() -> None:
    table = prices.prices("us-west-2")
    assert table is not None
    told = {part.name: part.hourly for part in cost.parts(settings(), table)}
    assert told == {
        "control plane": 0.1,
        "nodes": pytest.approx(0.0832),
        "node disks": pytest.approx(40 * 0.08 / 730),
        "NAT": 0.045,
        "load balancer": 0.0225,
        "public IPv4": pytest.approx(0.02),
    }
    assert cost.hourly(settings(), table) == pytest.approx(sum(v for v in told.values() if v))


def test_the_choices_of_nat_differ() -> None:
    table = prices.prices("us-west-2")
    assert table is not None
    totals = [cost.hourly(settings(nat=nat), table) for nat in cost.NAT_CHOICES]
    assert totals == sorted(totals)
    text = "\n".join(cost_report.lines(settings(), "us-west-2"))
    assert "none 0.00, single 36.50 (chosen), per-az 109.50 USD a month" in text


def test_the_plan_says_hour_month_date_and_the_way_back() -> None:
    text = "\n".join(cost_report.lines(settings(), "us-west-2"))
    for word in ("an hour", "a month", str(prices.dated()), f"{Command('down')} removes"):
        assert word in text


def test_what_has_no_price_is_said_and_not_guessed() -> None:
    assert "no prices for sa-east-1" in cost_report.lines(settings("sa-east-1"), "sa-east-1")[0]
    assert cost_report.fields(settings("sa-east-1"), "sa-east-1") == {}
    unpriced = settings(instance_types=("x9z.large",))
    assert "no price known for 2 x9z.large" in "\n".join(cost_report.lines(unpriced, "us-west-2"))


def test_cost_so_far() -> None:
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert cost_report.so_far(settings(), "us-west-2", now - timedelta(hours=10), now).startswith(
        "about 2.75 USD"
    )


def test_the_cost_of_several_regions_is_the_sum_of_those_that_are_known() -> None:
    sized = {region: settings(region) for region in ("us-west-2", "us-east-1")}
    single = [cost.hourly(one, table) for region, one in sized.items() if (table := prices.prices(region))]
    assert cost_report.sum_fields(sized)["hourly"] == pytest.approx(sum(single), abs=1e-3)
    text = "\n".join(cost_report.together({**sized, "sa-east-1": settings("sa-east-1")}))
    assert f"{sum(single):.4f} an hour" in text
    assert "no prices for sa-east-1" in text
    assert cost_report.sum_fields({"sa-east-1": settings("sa-east-1")}) == {}


def test_of_several_regions_each_has_a_health_check_and_a_standby_says_its_size() -> None:
    table = prices.prices("us-west-2")
    assert table is not None
    routing = Routing(policy="primary-standby", standby_replicas=0, standby_nodes=1)
    two = settings().model_copy(update={"regions": ("us-west-2", "us-east-1"), "routing": routing})
    checks = [part.hourly for part in cost.parts(two, table) if part.name == "health check"]
    assert checks == [pytest.approx(2.0 / prices.MONTH)]
    sized = {region: two.for_region(region, awake=False) for region in two.regions}
    lines = {line.split()[0]: line for line in cost_report.together(sized, two) if line.startswith("  us-")}
    assert "asleep (nodes: 1, pods: 0); awake 0.2778 an hour" in lines["us-east-1"]
    assert "asleep" not in lines["us-west-2"]


def test_readme_says_what_it_costs() -> None:
    table = prices.prices("us-west-2")
    assert table is not None
    hourly = cost.hourly(settings(), table)
    readme = (Path(__file__).resolve().parents[3] / "README.md").read_text()
    assert f"is {hourly:.4f} US dollars an hour, some {hourly * prices.MONTH:.0f} a" in " ".join(
        readme.split()
    )
