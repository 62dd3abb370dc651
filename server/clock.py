"""The representations of an epoch second, and the choice between them by Accept (RFC 9110, 12.5.1)."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from server.page import render_page

OFFERED = ("text/plain", "application/json", "text/html")
MAX_RANGES = 64  # of an Accept header that are read


def represent(epoch: int, region: str, media_type: str) -> str:
    """Return the second as one of OFFERED."""
    if media_type == "text/plain":
        return f"{epoch}\n"
    iso = datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if media_type == "text/html":
        return render_page(epoch, iso, region)
    return json.dumps({"epoch": epoch, "iso": iso, "region": region or None}) + "\n"


def choose_media_type(accept: str) -> str:
    """Return the best of OFFERED: by quality, then by how exactly it is named, then by the client's order.

    The first offer is the answer where the client accepts none: a wrong type is more useful than a 406.
    """
    ranges = _parse(accept)

    def rank(media_type: str) -> tuple[float, int, int]:
        kind = media_type.partition("/")[0]
        for exactness, name in ((2, media_type), (1, f"{kind}/*"), (0, "*/*")):
            if name in ranges:
                quality, position = ranges[name]
                return (quality, exactness, -position) if quality > 0 else (0, 0, 0)
        return (0, 0, 0)

    return max(OFFERED, key=rank)  # the first of equals


def _parse(accept: str) -> dict[str, tuple[float, int]]:
    """Return (quality, position) of each media range, without those that are malformed."""
    ranges: dict[str, tuple[float, int]] = {}
    for position, part in enumerate(accept.lower().split(",")[:MAX_RANGES]):
        name, *parameters = (word.strip() for word in part.split(";"))
        qualities = [word[2:] for word in parameters if word.startswith("q=")] or ["1"]
        try:
            ranges.setdefault(name, (min(float(qualities[0]), 1.0), position))
        except ValueError:
            continue
    return ranges
