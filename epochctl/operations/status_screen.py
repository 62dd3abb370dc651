"""What `status` shows, as lines: one screen of 80 by 24 on such a terminal, everything where there is none.

Pure: facts in, lines out. Asks nothing and knows no command.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from epochctl.command import Command, plain

LABEL = 14
FEWEST = 2  # lines of a list that are worth their place
TELLING = ("release", "pods", "targets", "name", "left over", "lock")  # of one region among several
INDENT = 2  # of what stands under a region's name

# A value, or a list: its head, then its lines, the most telling first.
Fact = str | tuple[str, ...]


@dataclass(frozen=True)
class Screen:
    """A terminal's size."""

    columns: int
    rows: int


def lines(facts: Mapping[str, Fact], due: Sequence[str], screen: Screen | None = None) -> tuple[str, ...]:
    """A line a fact, its list under it, then what is due. screen: fitted to it; None: all of it."""
    after = ["", "Due:", *(f"  {line}" for line in due), f"Next: {Command('up')}"] if due else []
    if screen is None:
        return tuple(line for name, fact in facts.items() for line in _shown(name, fact, None)) + tuple(after)
    length = _longest_list(facts, due, screen.rows - 1)  # the prompt follows
    shown = [line for name, fact in facts.items() for line in _shown(name, fact, length)]
    if due:
        shown += ["", "Due:", *(f"  {line}" for line in _first(due, length)), f"Next: {Command('up')}"]
    return tuple(_cut(line, screen.columns) for line in shown)


def short(facts: Mapping[str, Fact], due: Sequence[str], screen: Screen) -> tuple[str, ...]:
    """One region among several, which share the screen: what tells whether it serves. All of it: --region."""
    heads = {name: fact if isinstance(fact, str) else fact[0] for name, fact in facts.items()}
    shown = [f"{name:<{LABEL}} {heads[name]}" for name in TELLING if name in heads]
    shown += [f"{'due':<{LABEL}} {due[0]}" + (f" and {len(due) - 1} more" if due[1:] else "")] if due else []
    return tuple(_cut(line, screen.columns - INDENT) for line in shown)


def pods(states: Iterable[Any], targets: Mapping[str, str]) -> tuple[str, ...]:
    """Pods of the service, the troubled first; beside each what the load balancer thinks of it.

    states: as the cluster's client tells them; targets: state by address.
    """
    known = sorted(states, key=lambda pod: (pod.ready and pod.gates_ok, pod.name))
    ready = sum(pod.ready and pod.gates_ok for pod in known)
    return (f"{ready} of {len(known)} ready", *(_pod(pod, targets) for pod in known)) if known else ("none",)


def targets(states: Sequence[Any], shown: Iterable[str] = ()) -> tuple[str, ...]:
    """Targets of the load balancer; a line for each that is not healthy. shown: addresses told elsewhere."""
    elsewhere = set(shown)
    healthy = sum(one.state == "healthy" for one in states)
    ill = [
        f"{one.address}:{one.port} {one.state} {one.description}".rstrip()
        for one in states
        if one.state != "healthy" and (one.description or one.address not in elsewhere)
    ]
    return (f"{healthy} of {len(states)} healthy", *ill) if states else ("none",)


def _pod(pod: Any, targets: Mapping[str, str]) -> str:
    state = "ready" if pod.ready else pod.reason or pod.phase
    words = [f"{pod.name} {state}", pod.address or "no address"]
    if pod.address in targets:
        words.append(f"target {targets[pod.address]}")
    if not pod.gates_ok:
        words.append("not yet in service at the load balancer")
    return ", ".join(words)


def _longest_list(facts: Mapping[str, Fact], due: Sequence[str], rows: int) -> int:
    """The most lines that every list may have, so that all of it fits."""
    lists = [len(fact) - 1 for fact in facts.values() if isinstance(fact, tuple)] + [len(due)]
    fixed = len(facts) + (3 if due else 0)
    longest = max(lists, default=0)
    while longest > FEWEST and fixed + sum(_height(size, longest) for size in lists) > rows:
        longest -= 1
    return longest


def _height(size: int, longest: int) -> int:
    """Lines that a list takes: what is left out takes one, too."""
    return size if size <= longest else longest + 1


def _first(items: Sequence[str], longest: int | None) -> list[str]:
    if longest is None or len(items) <= longest:
        return list(items)
    return [*items[:longest], f"and {len(items) - longest} more: {Command('status', '-o', 'json')}"]


def _shown(name: str, fact: Fact, longest: int | None) -> list[str]:
    head, *items = (fact,) if isinstance(fact, str) else fact
    return [f"{name:<{LABEL}} {head}", *(" " * (LABEL + 1) + item for item in _first(items, longest))]


def _cut(line: str, columns: int) -> str:
    text = plain(line)
    return line if len(text) <= columns else text[: columns - 3] + "..."
