"""Expressions of GitHub Actions, as many as our workflows use: contexts, operators, a few functions.

What it does not know is an error, never a guess. Knows no workflow.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<word>[\w.*-]+)|(?P<sign>==|!=|&&|\|\||[!(),]))")
_STATUS = re.compile(r"\b(always|cancelled|failure|success)\(\)")


def names_status(text: str) -> bool:
    """Whether a condition asks how things went: one that does not has `success()` before it."""
    return bool(_STATUS.search(text))


def interpolate(text: str, contexts: Mapping[str, Any]) -> str:
    """With the value of every ${{ }} in it."""
    return re.sub(r"\$\{\{(.*?)\}\}", lambda found: _written(evaluate(found[1], contexts)), text)


def value(text: Any, contexts: Mapping[str, Any]) -> Any:
    """The value itself, where the whole text is one expression."""
    whole = re.fullmatch(r"\s*\$\{\{(.*?)\}\}\s*", text) if isinstance(text, str) else None
    if whole:
        return evaluate(whole[1], contexts)
    return interpolate(text, contexts) if isinstance(text, str) else text


def condition(text: str, contexts: Mapping[str, Any]) -> bool:
    """Of an `if:`, with or without ${{ }}."""
    bare = re.sub(r"^\s*\$\{\{(.*)\}\}\s*$", r"\1", text)
    return bool(evaluate(bare, contexts))


def evaluate(text: str, contexts: Mapping[str, Any]) -> Any:
    """The value of one expression. contexts: name -> values; and how things went, under "status"."""
    parser = _Parser(_tokens(text), contexts)
    found = parser.either()
    assert not parser.left, f"cannot read {text!r} at {parser.left[0]}"
    return found


def _tokens(text: str) -> list[str]:
    found, at = list[str](), 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        assert match, f"cannot read {text[at:]!r}"
        found.append(match[0].strip())
        at = match.end()
    return found


class _Parser:
    def __init__(self, tokens: list[str], contexts: Mapping[str, Any]) -> None:
        self.left, self._contexts = tokens, contexts

    def either(self) -> Any:
        found = self._both()
        while self._take("||"):
            other = self._both()
            found = found or other
        return found

    def _both(self) -> Any:
        found = self._compared()
        while self._take("&&"):
            other = self._compared()
            found = found and other
        return found

    def _compared(self) -> Any:
        found = self._single()
        if self._take("=="):
            return found == self._single()
        if self._take("!="):
            return found != self._single()
        return found

    def _single(self) -> Any:
        if self._take("!"):
            return not self._single()
        if self._take("("):
            found = self.either()
            assert self._take(")")
            return found
        token = self.left.pop(0)
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if self._take("("):
            return self._called(token)
        return self._looked_up(token)

    def _called(self, name: str) -> Any:
        if name == "fromJSON":
            given = json.loads(self.either())
            assert self._take(")")
            return given
        assert self._take(")")
        status = self._contexts["status"]
        return {
            "always": True,
            "cancelled": False,
            "failure": status == "failure",
            "success": status == "success",
        }[name]

    def _looked_up(self, path: str) -> Any:
        found: Any = self._contexts
        for part in path.split("."):
            found = found.get(part, "") if isinstance(found, Mapping) else ""
        return found

    def _take(self, sign: str) -> bool:
        if self.left and self.left[0] == sign:
            self.left.pop(0)
            return True
        return False


def _written(found: Any) -> str:
    return str(found).lower() if isinstance(found, bool) else "" if found is None else str(found)
