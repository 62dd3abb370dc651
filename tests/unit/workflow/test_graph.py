"""The order of steps comes from their types, and a mistake in them is named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from epochctl.workflow.graph import Graph, GraphError


@dataclass(frozen=True)
class A: ...


@dataclass(frozen=True)
class B: ...


@dataclass(frozen=True)
class C: ...


def step(name: str, produces: type, *needs: type) -> Any:
    return type(name, (), {"name": name, "produces": produces, "needs": needs})()


def test_needs_come_first_and_equals_keep_the_given_order() -> None:
    graph = Graph([step("last", C, A, B), step("one", A), step("two", B)])
    assert graph.names == ("one", "two", "last")


def test_upto_keeps_only_what_is_needed() -> None:
    graph = Graph([step("one", A), step("two", B, A), step("three", C)])
    assert graph.upto("two").names == ("one", "two")


def test_reversed_names_the_users_of_each_step() -> None:
    graph = Graph([step("one", A), step("two", B, A), step("three", C, A)])
    assert graph.reversed() == {"one": ("two", "three"), "two": (), "three": ()}


def test_an_output_nobody_produces_is_named() -> None:
    with pytest.raises(GraphError, match="two needs A, which no step produces"):
        Graph([step("two", B, A)])


def test_a_circle_is_named() -> None:
    with pytest.raises(GraphError, match=r"circle: .*one.*two"):
        Graph([step("one", A, B), step("two", B, A)])


def test_two_producers_of_one_output_are_named() -> None:
    with pytest.raises(GraphError, match="two and one both produce A"):
        Graph([step("one", A), step("two", A)])


def test_an_unknown_step_is_answered_with_those_that_exist() -> None:
    with pytest.raises(GraphError, match="no step is called tow; there are one"):
        Graph([step("one", A)]).upto("tow")
