"""The registry client against a small registry on loopback that keeps to the distribution spec, and can be
made to fail.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from epochctl.errors import ImageError
from epochctl.image.entries import complete, file
from epochctl.image.layout import Layout, Runtime, write_layout
from epochctl.registry import Registry, Upload

LOGIN = ("AWS", SecretStr("s3cret"))
BASIC = "Basic " + base64.b64encode(b"AWS:s3cret").decode()


class SmallRegistry(ThreadingHTTPServer):
    """Blobs and manifests in memory. failures: statuses that the next requests get; auth.

    The header it wants.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.blobs: dict[str, bytes] = {}
        self.manifests: dict[str, bytes] = {}
        self.failures: list[int] = []
        self.requests: list[str] = []
        self.auth, self.challenge, self.immutable = BASIC, "", False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: SmallRegistry
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path, _, wanted = self.path.rpartition("/")
        if self.path.startswith("/token?"):
            anonymous = self.headers.get("Authorization") is None
            self.answer(200, json.dumps({"token": "anonymous" if anonymous else "personal"}).encode())
        elif self.begin():
            store = self.server.blobs if path.endswith("/blobs") else self.server.manifests
            self.answer(200, store[wanted]) if wanted in store else self.answer(404)

    do_HEAD = do_GET

    def do_POST(self) -> None:
        if self.begin():
            self.answer(
                202, Location="/v2/epoch/blobs/uploads/1?state=x"
            )  # relative, with a query of its own

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self.begin():
            return
        digest = "sha256:" + hashlib.sha256(body).hexdigest()
        if "/uploads/" in self.path:
            query = parse_qs(urlsplit(self.path).query)
            assert query == {"state": ["x"], "digest": [digest]}
            self.server.blobs[digest] = body
        elif self.server.immutable and self.path.rpartition("/")[2] in self.server.manifests:
            self.answer(400, b'{"errors": [{"code": "TAG_INVALID"}]}')  # as ECR says it
            return
        else:
            self.server.manifests[self.path.rpartition("/")[2]] = self.server.manifests[digest] = body
        self.answer(201)

    def begin(self) -> bool:
        self.server.requests.append(f"{self.command} {urlsplit(self.path).path}")
        if self.server.failures:
            self.answer(self.server.failures.pop(0))
        elif self.server.auth != self.headers.get("Authorization", ""):
            self.answer(401, **({"WWW-Authenticate": self.server.challenge} if self.server.challenge else {}))
        else:
            return True
        return False

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[SmallRegistry]:
    server = SmallRegistry()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    runtime = Runtime("1", (), (), ())
    return write_layout(tmp_path / "image", complete([file("/a", b"a" * 1000)]), runtime, "linux/arm64", "")


def connect(server: SmallRegistry, slept: list[float] | None = None) -> Registry:
    return Registry("", login=LOGIN, base_url=server.url, sleep=(slept if slept is not None else []).append)


def push(registry: Registry, layout: Layout) -> int:
    blobs = [Upload(blob.media_type, blob.digest, blob.path) for blob in layout.blobs]
    manifest = Upload(layout.manifest.media_type, layout.manifest.digest, layout.manifest.path)
    return registry.push("epoch", "t1", blobs, manifest)


def test_an_image_arrives_whole(server: SmallRegistry, layout: Layout) -> None:
    assert push(connect(server), layout) == layout.size
    for reference in ("t1", layout.manifest.digest):
        found = connect(server).find("epoch", reference)
        assert found is not None
        assert (found.digest, found.platforms) == (layout.manifest.digest, ("linux/arm64",))


def test_what_is_there_is_not_sent_again(server: SmallRegistry, layout: Layout) -> None:
    push(connect(server), layout)
    server.requests.clear()
    assert push(connect(server), layout) == layout.manifest.size
    assert not [request for request in server.requests if request.startswith("POST")]


def test_a_tag_whose_answer_was_lost_is_there(server: SmallRegistry, layout: Layout) -> None:
    server.immutable = True
    push(connect(server), layout)
    assert push(connect(server), layout) == layout.manifest.size  # sent again, refused, and it is this image
    server.manifests["t1"] = b"another image"
    with pytest.raises(ImageError, match="refused"):
        push(connect(server), layout)


def test_what_passes_is_tried_again(server: SmallRegistry, layout: Layout) -> None:
    server.failures = [503, 429]
    slept: list[float] = []
    push(connect(server, slept), layout)
    assert slept == [1.0, 2.0]


def test_a_registry_that_stays_down_is_given_up(server: SmallRegistry) -> None:
    server.failures = [503] * 100
    with pytest.raises(ImageError, match="does not answer") as caught:
        connect(server).find("epoch", "t1")
    assert "503" in caught.value.why
    assert len(server.requests) == 8


def test_no_registry_at_all_is_said(server: SmallRegistry) -> None:
    registry = Registry("", base_url="http://127.0.0.1:1", sleep=lambda seconds: None)
    with pytest.raises(ImageError, match="does not answer"):
        registry.find("epoch", "t1")


def test_an_absent_image_is_an_answer(server: SmallRegistry) -> None:
    assert connect(server).find("epoch", "t1") is None


def test_a_refusal_is_no_reason_to_try_again(server: SmallRegistry) -> None:
    registry = Registry("", login=("AWS", SecretStr("wr0ng")), base_url=server.url)
    with pytest.raises(ImageError, match="refused") as caught:
        registry.find("epoch", "t1")
    assert "401" in caught.value.why
    assert "wr0ng" not in str(caught.value)
    assert len(server.requests) == 1


def test_a_public_registry_gives_a_token_to_anybody(server: SmallRegistry) -> None:
    server.auth, server.manifests["t1"] = "Bearer anonymous", b'{"manifests": []}'
    server.challenge = f'Bearer realm="{server.url}/token",service="s",scope="repository:epoch:pull"'
    assert Registry("", base_url=server.url).find("epoch", "t1") is not None


def test_an_index_names_its_platforms_without_attestations(server: SmallRegistry) -> None:
    platforms = [("linux", "arm64"), ("linux", "amd64"), ("unknown", "unknown")]
    parts = [{"platform": {"os": system, "architecture": processor}} for system, processor in platforms]
    server.manifests["t1"] = json.dumps({"manifests": parts}).encode()
    found = connect(server).find("epoch", "t1")
    assert found is not None
    assert found.platforms == ("linux/amd64", "linux/arm64")


def test_a_manifest_that_is_not_its_digest_is_refused(server: SmallRegistry) -> None:
    digest = "sha256:" + "0" * 64
    server.manifests[digest] = b"{}"
    with pytest.raises(ImageError, match=digest):
        connect(server).find("epoch", digest)


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE"])
def test_a_ca_bundle_that_is_none_is_named(
    server: SmallRegistry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    (tmp_path / "ca.pem").write_text("not one")
    monkeypatch.setenv(name, str(tmp_path / "ca.pem"))
    with pytest.raises(ImageError, match=name):
        connect(server).find("epoch", "t1")
