"""Splits the text of a terraform plan into blocks, one for each resource, and chooses those that fit."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

_HEAD = re.compile(r"^  # (?P<address>.+?) (?:must|will|has|is|was|cannot)\b")
_DEPOSED = re.compile(r" \(deposed object \w+\)$")


@dataclass(frozen=True)
class Block:
    """Lines that belong together. address: of the resource, "" for outputs and the last line."""

    address: str
    text: str


def split(text: str) -> tuple[Block, ...]:
    """Return the blocks in the order of the text. Every line is in exactly one block."""
    found: list[list[str]] = [[]]
    for line in text.strip("\n").splitlines():
        if _HEAD.match(line) or line.startswith(("Changes to Outputs", "Plan: ")):
            found.append([])
        found[-1].append(line)
    return tuple(_block(lines) for lines in found if any(line.strip() for line in lines))


def fit(blocks: tuple[Block, ...], room: int, first: Collection[str]) -> tuple[str, tuple[Block, ...]]:
    """Return (the text of the blocks that fit into `room` bytes, the other blocks).

    first: addresses whose blocks get room before all others. The order of the text is kept.
    """
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
