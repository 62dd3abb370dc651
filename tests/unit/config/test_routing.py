"""Several regions in the settings: what fits together, and how large a sleeping standby is."""

from __future__ import annotations

from pathlib import Path

import pytest

from epochctl.config.settings import REGION_TAG, Settings
from tests.unit.config.test_settings import HOST, loaded, refused

TWO = HOST + 'regions = ["us-west-2", "us-east-1"]\n'
STANDBY = TWO + '[routing]\npolicy = "primary-standby"\n'


def routed(tmp_path: Path, toml: str) -> Settings:
    return loaded(tmp_path, toml)


def test_by_default_every_region_answers_by_latency(tmp_path: Path) -> None:
    settings = routed(tmp_path, TWO)
    assert (settings.home, settings.region, settings.is_multi_region) == ("us-west-2", "us-west-2", True)
    assert (settings.routing.policy, settings.routing.kind) == ("active-active", "latency")
    assert not settings.is_standby("us-east-1")
    assert settings.for_region("us-east-1", awake=False) == settings


def test_one_region_is_not_routed_and_never_a_standby(tmp_path: Path) -> None:
    settings = routed(tmp_path, HOST + '[routing]\npolicy = "primary-standby"\nstandby_nodes = 1\n')
    assert not settings.is_multi_region
    assert settings.for_region("us-west-2", awake=False) == settings


def test_weights_are_equal_until_somebody_says_otherwise(tmp_path: Path) -> None:
    weighted = TWO + '[routing]\nrecords = "weighted"\n'
    equal = routed(tmp_path, weighted).routing
    assert equal.weight("us-west-2") == equal.weight("us-east-1") == 1
    given = routed(tmp_path, weighted + "weights = { us-west-2 = 80 }\n").routing
    assert (given.kind, given.weight("us-west-2"), given.weight("us-east-1")) == ("weighted", 80, 0)


def test_a_standby_sleeps_as_small_as_it_is_said_and_wakes_whole(tmp_path: Path) -> None:
    settings = routed(tmp_path, STANDBY + "standby_replicas = 0\nstandby_nodes = 1\n")
    asleep = settings.for_region("us-east-1", awake=False)
    assert (asleep.cluster.nodes, asleep.service.replicas) == (1, 0)
    assert settings.for_region("us-east-1", awake=True) == settings
    assert settings.for_region("us-west-2", awake=False) == settings  # home is never one
    assert settings.routing.kind == "failover"


def test_a_standby_is_as_large_as_home_where_nothing_is_said(tmp_path: Path) -> None:
    asleep = routed(tmp_path, STANDBY).for_region("us-east-1", awake=False)
    assert (asleep.cluster.nodes, asleep.service.replicas) == (2, 2)


def test_a_certificate_of_ones_own_is_for_one_region(tmp_path: Path) -> None:
    arn = "arn:aws:acm:us-west-2:123456789012:certificate/12345678-1234-1234-1234-123456789012"
    line = refused(tmp_path, TWO, {"ACM_CERTIFICATE_ARN": arn})[0]
    assert line.startswith("certificate_arn")
    assert "(ACM_CERTIFICATE_ARN): expected none with several regions" in line


@pytest.mark.parametrize(
    ("toml", "expected"),
    [
        (TWO + "[routing]\nweights = { us-west-2 = 1 }\n", 'weights only with records = "weighted"'),
        (TWO + "[routing]\nrecords = 'weighted'\nweights = { eu-west-1 = 1 }\n", "eu-west-1 is not among"),
        (TWO + "[routing]\nrecords = 'weighted'\nweights = { us-west-2 = 0 }\n", "a weight above 0"),
        (TWO + "[routing]\nrecords = 'weighted'\nweights = { us-west-2 = 300 }\n", "255 or less"),
        (TWO + "[routing]\nrecords = 'weighted'\nweights = 3\n", "a table: { us-west-2 = 80"),
        (TWO + "[routing]\nstandby_nodes = 1\n", 'only with policy = "primary-standby"'),
        (STANDBY + "standby_nodes = 0\n", "a standby without pods is standby_replicas = 0"),
        (STANDBY + "standby_nodes = -1\n", "1 or more"),
        (STANDBY + "records = 'weighted'\n", "they are of active-active"),
        (STANDBY.replace('-1"]', '-1", "eu-west-1"]'), "two regions at most with primary-standby"),
        (TWO + "[routing]\npolicy = 'both'\n", "one of 'active-active' or 'primary-standby'"),
        (TWO + "[routing]\npolcy = 'x'\n", "did you mean policy?"),
    ],
)
def test_what_does_not_fit_together_is_refused(tmp_path: Path, toml: str, expected: str) -> None:
    assert expected in "\n".join(refused(tmp_path, toml))


def test_every_problem_of_routing_comes_with_the_others(tmp_path: Path) -> None:
    toml = 'hostname = "x"\nregions = ["us-wets-2", "us-east-1"]\n[routing]\npolicy = "no"\n'
    assert len(refused(tmp_path, toml)) == 3


def test_things_of_a_region_say_which(tmp_path: Path) -> None:
    settings = routed(tmp_path, TWO)
    assert settings.region_tags("us-east-1") == {**settings.tags, REGION_TAG: "us-east-1"}
