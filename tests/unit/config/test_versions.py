"""The table of versions is complete, and EKS has time left."""

from __future__ import annotations

import hashlib
import re
import tomllib
from datetime import date, timedelta
from pathlib import Path

import epochctl
from epochctl.config import package_files, versions
from epochctl.config.settings import Cluster
from epochctl.steps.build import DESCRIPTION


def test_eks_has_half_a_year_of_standard_support_left() -> None:
    left = versions.pin("eks").days_left(date.today())
    assert left is not None
    assert left >= 182, "choose a newer EKS version in versions.toml and Cluster.version"


def test_the_default_cluster_is_the_pinned_one() -> None:
    assert Cluster().version == versions.pin("eks").version


def test_every_pin_says_how_long_it_is_supported() -> None:
    pins = versions.all_pins()
    assert {"tool.terraform", "tool.helm", "eks", "lb_controller", "provider.aws"} <= pins.keys()
    assert [name for name, pin in pins.items() if pin.until is None and not pin.support] == []


def test_no_pin_comes_near_its_end_of_support() -> None:
    assert versions.expiring_pins(date.today()) == ()


def test_it_turns_red_before_the_first_one_ends() -> None:
    ends = {name: pin.until for name, pin in versions.all_pins().items() if pin.until}
    first = min(ends, key=lambda name: ends[name])
    day = ends[first] - timedelta(days=versions.notice() - 1)
    told = versions.expiring_pins(day)
    assert told[0].startswith(first)
    assert f"ends in {versions.notice() - 1} days" in told[0]
    assert "versions.toml" in told[0]
    assert "has ended" in versions.expiring_pins(ends[first] + timedelta(days=1))[0]


def test_the_table_was_looked_over_within_half_a_year() -> None:
    assert date.today() - versions.dated() < timedelta(days=183), "look over versions.toml and date it"


def test_controller_chart_module_and_iam_policy_are_one_unit() -> None:
    """Changing one alone is red: the policy is recorded with the release that it was taken from."""
    unit = tomllib.loads(versions.TABLE.read_text())["lb_controller"]
    root = versions.TABLE.parent
    policy = root / "terraform/modules/cluster/policies/aws-load-balancer-controller.json"
    built = re.search(r"aws-load-balancer-controller (\S+)", (root / "sandbox/tools/go.mod").read_text())
    advice = "take version, chart, module and policy (docs/install/iam_policy.json) from one release"
    assert unit["version"] == unit["chart"] == unit["policy"]["of"], advice
    assert hashlib.sha256(policy.read_bytes()).hexdigest() == unit["policy"]["sha256"], advice
    assert built is not None
    assert built[1] == unit["module"], advice


def test_the_wheel_carries_every_file_that_is_looked_for() -> None:
    root = Path(epochctl.__file__).parents[1]
    project = tomllib.loads((root / "pyproject.toml").read_text())
    carried = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    source = "".join(path.read_text() for path in (root / "epochctl").rglob("*.py"))
    looked_for = {name.partition("/")[0] for name in re.findall(r'files\.find\("([^"]+)"\)', source)}
    parts = {name.partition("/")[0] for name in package_files.PARTS.values()} - {
        "server"
    }  # a package of the wheel
    assert looked_for | parts | set(DESCRIPTION) == set(carried)
    assert {f"epochctl/files/{name}" for name in carried} == set(carried.values())
    assert all((root / name).exists() for name in carried)
