"""The epoch in the form the client would rather have: text, JSON or a page. Each is made once a second.

Knows http's Accept and nothing of routes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from starlette.types import Scope

from server.moment import Moment
from server.negotiation import choose
from server.page import POLICY, render_page
from server.resource import TEXT, Answer, make_answer

OFFERED = ("text/plain", "application/json", "text/html")
LONGEST_KEPT = 512  # bytes of an Accept header whose choice is remembered; real ones are shorter
VARY = (b"vary", b"Accept")


class Clock:
    """Tells the second that `now` gives."""

    def __init__(self, now: Callable[[], float], region: str) -> None:
        self._now, self._region = now, region
        self._second = -1
        self._answers: dict[str, Answer] = {}

    def tell(self, scope: Scope) -> Answer:
        second = int(self._now())
        if second != self._second:
            self._second, self._answers = second, {}
        media_type = preferred(scope["headers"])
        answer = self._answers.get(media_type)
        if answer is None:
            answer = self._answers[media_type] = represent(Moment(second, self._region), media_type)
        return answer


def represent(moment: Moment, media_type: str) -> Answer:
    """The moment as one of OFFERED."""
    if media_type == "application/json":
        return make_answer(200, media_type, moment.as_json(), VARY)
    if media_type == "text/html":
        policy = (b"content-security-policy", POLICY.encode())
        return make_answer(200, "text/html; charset=utf-8", render_page(moment), VARY, policy)
    return make_answer(200, TEXT, moment.as_text(), VARY)


def preferred(headers: list[tuple[bytes, bytes]]) -> str:
    """Which of OFFERED the Accept headers ask for."""
    accept = b""
    for name, value in headers:
        if name == b"accept":
            accept = accept + b", " + value if accept else value
    return _remembered(accept) if len(accept) <= LONGEST_KEPT else _chosen(accept)


def _chosen(accept: bytes) -> str:
    return choose(accept.decode("latin-1"), OFFERED)


_remembered = lru_cache(maxsize=256)(_chosen)
