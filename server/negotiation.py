"""Which of the media types we offer a client would rather have (RFC 9110, Accept).

Knows nothing of what they carry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MOST_RANGES = 64  # an Accept header is the client's to write: bound what we look at


@dataclass(frozen=True)
class MediaRange:
    """One part of an Accept header: text/html;q=0.8, text/* or */*, and where in the header it stood."""

    kind: str
    subkind: str
    quality: float
    position: int

    @property
    def specificity(self) -> int:
        return (self.kind != "*") + (self.subkind != "*")

    def matches(self, media_type: str) -> bool:
        kind, _, subkind = media_type.partition("/")
        return self.kind in ("*", kind) and self.subkind in ("*", subkind)


def parse_accept(header: str) -> tuple[MediaRange, ...]:
    """What cannot be read is left out, as if the client had not said it."""
    parts = header.split(",")[:MOST_RANGES]
    ranges = (_parse_range(part, position) for position, part in enumerate(parts))
    return tuple(found for found in ranges if found is not None)


def choose(accept: str, offered: Sequence[str]) -> str:
    """The best of `offered`.

    By quality, then by how exactly it was named, then by the client's order, then by ours.
    The first offer where the client said nothing or accepts none: a wrong type is of more use than a 406.
    """
    ranges = parse_accept(accept)
    ranked = [(rank, media_type) for media_type in offered if (rank := _rank(ranges, media_type)) is not None]
    return max(ranked, key=lambda pair: pair[0])[1] if ranked else offered[0]  # max keeps the first of equals


def _rank(ranges: Sequence[MediaRange], media_type: str) -> tuple[float, int, int] | None:
    matching = [candidate for candidate in ranges if candidate.matches(media_type)]
    if not matching:
        return None
    best = max(matching, key=lambda candidate: candidate.specificity)
    return (best.quality, best.specificity, -best.position) if best.quality > 0 else None


def _parse_range(text: str, position: int) -> MediaRange | None:
    media_type, *parameters = (part.strip().lower() for part in text.split(";"))
    kind, slash, subkind = media_type.partition("/")
    if not (kind and slash and subkind):
        return None
    quality = next((value for name, _, value in (p.partition("=") for p in parameters) if name == "q"), "1")
    try:
        return MediaRange(kind, subkind, min(max(float(quality), 0.0), 1.0), position)
    except ValueError:
        return None
