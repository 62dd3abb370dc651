"""What is sent to an API server, and what its answers amount to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from epochctl.errors import ClusterError, CredentialsError
from epochctl.kube import Kube
from epochctl.kube.connection import Connection, Kind

BREAK = b"the connection ends here"
POD = Kind("v1", "Pod", "pods")


class Server(ThreadingHTTPServer):
    """Answers by path; keeps the requests."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, tuple[int, Any]] = {}
        self.requests: list[SimpleNamespace] = []
        self.endpoint = f"http://127.0.0.1:{self.server_port}"
        self.name, self.ca_pem = "demo", ""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        request = SimpleNamespace(method=self.command, path=self.path, headers=self.headers, body=body)
        self.server.requests.append(request)
        status, content = self.server.answers.get(
            self.path.partition("?")[0], (404, {"message": "not found"})
        )
        self.send_response(status)
        if isinstance(content, list):
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for piece in [*content, b""]:
                if piece is BREAK:
                    self.close_connection = True
                    return
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                time.sleep(0.01)
            return
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = answer

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as started:
        threading.Thread(target=started.serve_forever, args=(0.01,), daemon=True).start()
        yield started
        started.shutdown()


def test_each_request_has_a_fresh_token(server: Server) -> None:
    tokens = iter("ab")
    connection = Connection(server, lambda: next(tokens))
    assert connection.get(POD, "web", "space") is None
    assert connection.list(POD, label_selector="app=web,tier in (a, b)") == ()
    first, second = server.requests
    assert first.path == "/api/v1/namespaces/space/pods/web"
    assert second.path == "/api/v1/pods?labelSelector=app%3Dweb%2Ctier%20in%20%28a%2C%20b%29"
    assert [one.headers["authorization"] for one in server.requests] == ["Bearer a", "Bearer b"]


def test_a_change_carries_its_content_type_and_options(server: Server) -> None:
    server.answers["/apis/apps/v1"] = (
        200,
        {"resources": [{"kind": "Deployment", "name": "deployments", "namespaced": True}]},
    )
    server.answers["/apis/apps/v1/namespaces/space/deployments/web"] = (200, {"kind": "Deployment"})
    server.answers["/apis/apps/v1/namespaces/space/deployments/web/scale"] = (200, {"kind": "Scale"})
    kube = Kube(server, str)
    manifest = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}}
    kube.apply(manifest, "space")
    kube.scale("space", "web", 3)
    _, applied, scaled = server.requests
    assert applied.path.partition("?")[2] == "fieldManager=epochctl&force=true"
    assert applied.headers["Content-Type"] == "application/apply-patch+yaml"
    assert json.loads(applied.body) == manifest
    assert (scaled.method, scaled.headers["Content-Type"]) == ("PATCH", "application/merge-patch+json")
    assert json.loads(scaled.body) == {"spec": {"replicas": 3}}


def test_only_the_metadata_of_a_secret_is_asked_for(server: Server) -> None:
    metadata = {"uid": "u", "resourceVersion": "7"}
    server.answers["/api/v1/namespaces/space/secrets/keys"] = (200, {"metadata": metadata})
    assert Kube(server, str).secret_version("space", "keys") == "u/7"
    assert server.requests[0].headers["accept"].startswith("application/json;as=PartialObjectMetadata")


def test_a_refusal_has_the_servers_own_words(server: Server) -> None:
    server.answers["/api/v1/namespaces/space/pods/web"] = (403, {"message": "you may not"})
    with pytest.raises(ClusterError) as caught:
        Connection(server, str).get(POD, "web", "space")
    assert caught.value.why == "GET /api/v1/namespaces/space/pods/web: 403: you may not"


def test_an_unknown_caller_reads_whom_the_cluster_knows(server: Server) -> None:
    server.answers["/readyz"] = (401, b"Unauthorized")
    with pytest.raises(CredentialsError) as caught:
        Connection(server, str, lambda: "you are ann").is_ready()
    assert caught.value.what == "cluster demo does not know you"
    assert "you are ann" in caught.value.why


def test_expired_credentials_are_named_as_the_cause(server: Server) -> None:
    def expired() -> str:
        raise CredentialsError("the AWS credentials have expired")

    server.answers["/readyz"] = (401, b"Unauthorized")
    with pytest.raises(CredentialsError, match="the AWS credentials have expired"):
        Connection(server, str, expired).is_ready()


def test_an_answer_that_breaks_off_is_no_answer(server: Server) -> None:
    server.answers["/api/v1/namespaces/space/pods/web/log"] = (200, [b"one\n", BREAK])
    with pytest.raises(ClusterError, match="does not answer"):
        Connection(server, str).log("space", "web")


def test_a_followed_log_comes_line_by_line(server: Server) -> None:
    pieces = ["one\ntw", "o\n\n\u00e9"]
    encoded = [piece.encode() for piece in pieces]
    server.answers["/api/v1/namespaces/space/pods/web/log"] = (200, [*encoded, b"nd"])
    assert list(Kube(server, str).follow("space", "web", tail=5)) == ["one", "two", "", "\u00e9nd"]
    assert server.requests[0].path.partition("?")[2] == "tailLines=5&follow=true"
    assert Kube(server, str).logs("space", "gone") == ()
