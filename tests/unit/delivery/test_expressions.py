"""The runner's expressions: what GitHub says of them, and an error for what it does not know."""

from __future__ import annotations

from typing import Any

import pytest
from actions.expressions import condition, evaluate, interpolate, names_status, value

CONTEXTS: dict[str, Any] = {
    "github": {"repository": "acme/epoch", "event": {"pull_request": {"number": 7}}},
    "needs": {"regions": {"result": "success", "outputs": {"regions": '["us-west-2"]'}}},
    "status": "failure",
    "steps": {"verify": {"outcome": "failure"}},
}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("github.repository == 'acme/epoch'", True),
        ("needs.regions.outputs.regions != '[]' && github.repository == 'x'", False),
        ("!cancelled() && needs.regions.result == 'success'", True),
        ("failure() && steps.verify.outcome == 'failure'", True),
        ("success() || (always() && !github.nothing)", True),
        ("fromJSON(needs.regions.outputs.regions)", ["us-west-2"]),
        ("github.event.pull_request.number", 7),
        ("'it''s'", "it's"),
    ],
)
def test_values(text: str, found: object) -> None:
    assert evaluate(text, CONTEXTS) == found


def test_text_and_conditions() -> None:
    assert interpolate("plan-${{ github.event.pull_request.number }}-x", CONTEXTS) == "plan-7-x"
    assert value("${{ fromJSON('[1]') }}", CONTEXTS) == [1]
    assert condition("${{ failure() }}", CONTEXTS)
    assert not condition("success()", CONTEXTS)
    assert names_status("!cancelled()")
    assert not names_status("github.ref == 'success'")


@pytest.mark.parametrize("text", ["contains('a', 'b')", "github.x > 3", "1 2"])
def test_what_it_does_not_know_is_an_error(text: str) -> None:
    with pytest.raises((AssertionError, KeyError)):
        evaluate(text, CONTEXTS)
