"""Routing policies and resolvers: who answers, by health, weight and place, and for how long it is kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from sandbox.moto_patches.route53_zones import Record
from sandbox.network.region_distance import distance
from sandbox.network.resolver import CachedAnswer, Resolver
from sandbox.network.routing import choose

WEST = Record("epoch.test", "A", 60, ("192.0.2.1",), set_identifier="us-west-2")
EAST = Record("epoch.test", "A", 60, ("192.0.2.2",), set_identifier="us-east-1")
LATENCY = [replace(WEST, region="us-west-2"), replace(EAST, region="us-east-1")]
FAILOVER = [replace(EAST, failover="SECONDARY"), replace(WEST, failover="PRIMARY")]


def weighted(west: int, east: int) -> list[Record]:
    return [replace(WEST, weight=west), replace(EAST, weight=east)]


def answers(records: list[Record], *sick: str, place: str = "us-west-2") -> Counter[str]:
    """How often each answers, of 200 questions, while the `sick` are unhealthy."""
    asked = (choose(records, lambda record: record.set_identifier not in sick, place) for _ in range(200))
    return Counter(record.set_identifier for chosen in asked for record in chosen)


@pytest.mark.parametrize("place", ["us-west-2", "us-east-1"])
def test_latency_answers_with_the_nearest_that_is_healthy(place: str) -> None:
    other = "us-east-1" if place == "us-west-2" else "us-west-2"
    assert answers(LATENCY, place=place) == {place: 200}
    assert answers(LATENCY, place, place=place) == {other: 200}
    assert answers(LATENCY, place, other, place=place) == {place: 200}


def test_a_resolver_elsewhere_gets_what_is_nearest_to_it() -> None:
    assert set(answers(LATENCY, place="eu-west-1")) == {"us-east-1"}
    assert set(answers(LATENCY, place="ap-northeast-1")) == {"us-west-2"}
    assert distance("us-west-2", "us-east-1") == distance("us-east-1", "us-west-2")


def test_weights_are_shares_of_the_answers() -> None:
    counted = answers(weighted(90, 10))
    assert counted["us-west-2"] > counted["us-east-1"] > 0


def test_weight_nothing_answers_only_where_nobody_else_can() -> None:
    assert set(answers(weighted(100, 0))) == {"us-west-2"}
    assert set(answers(weighted(100, 0), "us-west-2")) == {"us-east-1"}
    assert set(answers(weighted(0, 0))) == {"us-west-2", "us-east-1"}


def test_failover_goes_to_the_secondary_only_when_that_is_healthy() -> None:
    assert set(answers(FAILOVER)) == {"us-west-2"}
    assert set(answers(FAILOVER, "us-west-2")) == {"us-east-1"}
    assert set(answers(FAILOVER, "us-west-2", "us-east-1")) == {"us-west-2"}


def test_simple_records_answer_whatever_their_health() -> None:
    simple = replace(WEST, set_identifier="")
    assert choose([simple], lambda _: False, "us-west-2") == [simple]
    assert choose([], lambda _: True, "us-west-2") == []


def test_a_resolver_keeps_an_answer_for_its_ttl_and_says_what_is_left() -> None:
    clock = [100.0]
    resolver = Resolver("us-west-2", now=lambda: clock[0])
    assert resolver.cached("epoch.test", "A") is None
    resolver.store("epoch.test", "A", CachedAnswer(60, ("192.0.2.1",)))
    clock[0] = 140.0
    assert resolver.cached("epoch.test", "A") == CachedAnswer(20, ("192.0.2.1",))
    assert resolver.cached("epoch.test", "AAAA") is None
    clock[0] = 160.0
    assert resolver.cached("epoch.test", "A") is None


def test_nothing_is_not_kept_and_who_asks_the_zone_itself_keeps_nothing() -> None:
    for resolver, values in (
        (Resolver("us-west-2"), ()),
        (Resolver("us-west-2", caches=False), ("192.0.2.1",)),
    ):
        resolver.store("epoch.test", "A", CachedAnswer(60, values))
        assert resolver.cached("epoch.test", "A") is None
