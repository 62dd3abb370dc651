"""The table of versions is complete, and EKS has time left."""

from __future__ import annotations

from datetime import date, timedelta

from epochctl import versions
from epochctl.settings import Cluster


def test_eks_has_half_a_year_of_standard_support_left() -> None:
    left = versions.pin("eks").days_left(date.today())
    assert left is not None
    assert left >= 182, "choose a newer EKS version in versions.toml and Cluster.version"


def test_the_default_cluster_is_the_pinned_one() -> None:
    assert Cluster().version == versions.pin("eks").version


def test_every_pin_says_how_long_it_is_supported() -> None:
    others = ("eks", "lb_controller", "provider.aws", "sandbox.kubernetes")
    pins = {**versions.tools(), **{name: versions.pin(name) for name in others}}
    assert [name for name, pin in pins.items() if pin.until is None and not pin.support] == []


def test_no_pin_is_past_its_support() -> None:
    expired = [name for name, pin in versions.tools().items() if (pin.days_left(date.today()) or 0) < 0]
    assert expired == []


def test_the_table_was_looked_over_within_half_a_year() -> None:
    assert date.today() - versions.dated() < timedelta(days=183), "look over versions.toml and date it"
