"""The order of steps, read from their types: a step runs after the steps that produce what it needs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from graphlib import CycleError, TopologicalSorter

from epochctl.workflow.step import Step

Edges = dict[str, tuple[str, ...]]


class GraphError(Exception):
    """The steps do not fit together: a duplicate name, an output that no step produces, or a cycle."""


class Graph:
    """Steps by name and the edges between them. Iterates in topological order."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = {step.name: step for step in steps}
        if len(self._steps) != len(steps):
            raise GraphError(f"two steps have one name: {', '.join(step.name for step in steps)}")
        producers = _producers(steps)
        self.edges: Edges = {step.name: _needed(step, producers) for step in steps}
        self.names = _ordered(self.edges)

    def __iter__(self) -> Iterator[Step]:
        return iter([self._steps[name] for name in self.names])

    def __getitem__(self, name: str) -> Step:
        """Return the step of that name. Raises GraphError."""
        if name not in self._steps:
            raise GraphError(f"no step is called {name}; there are {', '.join(self.names)}")
        return self._steps[name]

    def upto(self, *names: str) -> Graph:
        """Return the graph of these steps and of everything they need, directly or indirectly."""
        wanted: set[str] = set()
        found = [self[name].name for name in names]
        while found:
            name = found.pop()
            if name not in wanted:
                wanted.add(name)
                found.extend(self.edges[name])
        return Graph([self._steps[name] for name in self.names if name in wanted])

    def towards(self, names: Collection[str], without: Collection[str] = ()) -> Edges:
        """Return the edges of these steps and of their needs, except `without` and what only those need."""
        wanted: set[str] = set()
        found = [self[name].name for name in names]
        while found:
            name = found.pop()
            if name not in wanted and name not in without:
                wanted.add(name)
                found.extend(self.edges[name])
        order = (name for name in self.names if name in wanted)
        return {name: tuple(need for need in self.edges[name] if need in wanted) for name in order}

    def ancestors(self, name: str) -> frozenset[str]:
        """Return the names of all steps that this one needs, directly or indirectly."""
        return frozenset(self.towards((name,))) - {name}

    def reversed(self) -> Edges:
        """Return, for each step, the steps that read its output: they are destroyed before it."""
        return {name: tuple(user for user in self.names if name in self.edges[user]) for name in self.names}


def _producers(steps: Sequence[Step]) -> dict[type, str]:
    producers: dict[type, str] = {}
    for step in steps:
        if step.produces in producers:
            raise GraphError(
                f"{step.name} and {producers[step.produces]} both produce {step.produces.__name__}"
            )
        producers[step.produces] = step.name
    return producers


def _needed(step: Step, producers: dict[type, str]) -> tuple[str, ...]:
    for kind in step.needs:
        if kind not in producers:
            raise GraphError(f"{step.name} needs {kind.__name__}, which no step produces")
    return tuple(producers[kind] for kind in step.needs)


def _ordered(edges: Edges) -> tuple[str, ...]:
    """Return the names in topological order; among equals in the given order, so that output is stable."""
    sorter = TopologicalSorter(edges)
    try:
        sorter.prepare()
    except CycleError as error:
        raise GraphError(f"steps need each other in a circle: {' -> '.join(error.args[1])}") from error
    given, ordered = list(edges), list[str]()
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=given.index)
        ordered.extend(ready)
        sorter.done(*ready)
    return tuple(ordered)
