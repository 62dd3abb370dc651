"""A stand-in for GitHub's REST API on loopback: comments, and which pull request brought a commit.

As strict as GitHub where it counts: tokens, pages, the length of a body, who wrote what.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

REPOSITORY = "acme/epoch"
TOKEN = "ghs-stand-in"
READER = "ghs-reader"  # of a run that may only read
LONGEST = 65_536
_COMMENTS = re.compile(r"/repos/acme/epoch/issues/(\d+)/comments")
_COMMENT = re.compile(r"/repos/acme/epoch/issues/comments/(\d+)")
_PULLS = re.compile(r"/repos/acme/epoch/commits/(\w+)/pulls")


@dataclass
class State:
    """What the repository holds, and how its API behaves. failures: requests still to be answered with 502,
    lost: writes still to be done whose answer never comes."""

    comments: list[dict[str, Any]] = field(default_factory=list)
    pulls: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    may_write: bool = True
    failures: int = 0
    lost: int = 0
    asked: list[str] = field(default_factory=list)

    def say(self, number: int, body: str, *, robot: bool = True) -> dict[str, Any]:
        """A new comment."""
        user = {"login": "github-actions[bot]", "type": "Bot"} if robot else {"login": "ann", "type": "User"}
        told = {"id": len(self.comments) + 1, "number": number, "body": body, "user": user, "edits": 0}
        self.comments.append(told)
        return told

    def merged(self, commit: str, number: int, head: str) -> None:
        """A commit of the trunk came by that pull request."""
        self.pulls[commit] = [{"number": number, "head": {"sha": head}, "merged_at": "2026-11-24T12:00:00Z"}]


class _Handler(BaseHTTPRequestHandler):
    state: State

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def do_PATCH(self) -> None:
        self._serve("PATCH")

    def log_message(self, *arguments: object) -> None:
        """Nothing: a test's output is its own."""

    def _serve(self, method: str) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        given = json.loads(self.rfile.read(size) or b"{}")
        self.state.asked.append(f"{method} {self.path}")
        if self.state.failures:
            self.state.failures -= 1
            return self._answer(502, {"message": "Bad Gateway"})
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in (TOKEN, READER):
            return self._answer(401, {"message": "Bad credentials"})
        if method != "GET" and (token == READER or not self.state.may_write):
            return self._answer(403, {"message": "Resource not accessible by integration"})
        code, told = self._done(method, urlsplit(self.path), given)
        if method != "GET" and self.state.lost:
            self.state.lost -= 1
            return self.connection.close()
        return self._answer(code, told)

    def _done(self, method: str, url: Any, given: dict[str, Any]) -> tuple[int, Any]:
        if len(given.get("body", "")) > LONGEST:
            return 422, {"message": "Validation Failed: body is too long (maximum is 65536 characters)"}
        if (found := _COMMENTS.fullmatch(url.path)) and method == "GET":
            return 200, self._page(url, [c for c in self.state.comments if c["number"] == int(found[1])])
        if found and method == "POST":
            return 201, self.state.say(int(found[1]), given["body"])
        if (found := _COMMENT.fullmatch(url.path)) and method == "PATCH":
            told = self.state.comments[int(found[1]) - 1]
            told.update(body=given["body"], edits=told["edits"] + 1)
            return 200, told
        if (found := _PULLS.fullmatch(url.path)) and method == "GET":
            return 200, self._page(url, self.state.pulls.get(found[1], []))
        return 404, {"message": "Not Found"}

    def _page(self, url: Any, found: list[Any]) -> list[Any]:
        asked = parse_qs(url.query)
        size, page = int(asked.get("per_page", ["30"])[0]), int(asked.get("page", ["1"])[0])
        return found[(page - 1) * size : page * size]

    def _answer(self, code: int, told: Any) -> None:
        body = json.dumps(told).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def served(state: State) -> Iterator[str]:
    """The address of the API while the block lasts."""
    handler = type("Handler", (_Handler,), {"state": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
