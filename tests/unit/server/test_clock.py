"""Which media type wins, by RFC 9110 and by what real clients send."""

from __future__ import annotations

import pytest

from server.clock import MAX_RANGES, choose_media_type

TEXT, JSON, HTML = ("text/plain", "application/json", "text/html")


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("", TEXT),
        ("*/*", TEXT),
        ("application/json", JSON),
        ("APPLICATION/JSON", JSON),
        ("application/*", JSON),
        ("text/*", TEXT),
        ("text/html, */*", HTML),
        ("application/json, text/plain, */*", JSON),
        ("text/plain;q=0.5, application/json;q=0.6", JSON),
        ("text/html;q=0, */*", TEXT),
        ("text/plain;q=0, */*", JSON),
        ("text/html;level=1;q=0.4, application/json;q=0.3", HTML),
        ("image/png", TEXT),
        ("application/json;q=0", TEXT),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", HTML),
        (";;;,/,q=1,application/json;q=x,,", TEXT),
        ("application/json;q=7", JSON),
        ("text/html;q=nan, application/json", JSON),
    ],
)
def test_the_best_offer_is_chosen(accept: str, wanted: str) -> None:
    assert choose_media_type(accept) == wanted


def test_a_huge_header_is_read_only_so_far() -> None:
    assert choose_media_type("image/png," * MAX_RANGES + "text/html") == TEXT
