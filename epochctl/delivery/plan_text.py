"""A plan's text in whole blocks, one a resource, and as many as fit. Knows terraform's layout alone."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

_HEAD = re.compile(r"^  # (?P<address>.+?) (?:must|will|has|is|was|cannot)\b")
_DEPOSED = re.compile(r" \(deposed object \w+\)$")


@dataclass(frozen=True)
class Block:
    """Lines that belong together. address: "" for what is no resource's (outputs, the last line)."""

    address: str
    text: str


def split(text: str) -> tuple[Block, ...]:
    """Every line is in exactly one block; the order stays."""
    found: list[list[str]] = [[]]
    for line in text.strip("\n").splitlines():
        if _HEAD.match(line) or line.startswith(("Changes to Outputs", "Plan: ")):
            found.append([])
        found[-1].append(line)
    return tuple(_block(lines) for lines in found if any(line.strip() for line in lines))


def fitting(blocks: tuple[Block, ...], room: int, first: Collection[str]) -> tuple[str, tuple[Block, ...]]:
    """(the text of as many whole blocks as fit into `room` bytes, those that did not). first: addresses whose
    blocks take their room before all others; the order of the text stays."""
    chosen: set[int] = set()
    for index in sorted(range(len(blocks)), key=lambda index: blocks[index].address not in first):
        size = len(blocks[index].text.encode()) + 2  # and the blank line between two
        if size <= room:
            chosen.add(index)
            room -= size
    kept = "\n\n".join(block.text for index, block in enumerate(blocks) if index in chosen)
    return kept, tuple(block for index, block in enumerate(blocks) if index not in chosen)


def _block(lines: list[str]) -> Block:
    head = _HEAD.match(lines[0])
    address = _DEPOSED.sub("", head["address"]) if head else ""
    return Block(address, "\n".join(lines).strip("\n"))
