"""What a client of the epoch service gets, by what it asks for."""

from __future__ import annotations

import io
import json
import re

import pytest
from starlette.testclient import TestClient

from server.app import RequestObserver, create_app
from server.settings import Settings

NOW = 1_700_000_000.9
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.fixture
def client() -> TestClient:
    return TestClient(create_app(Settings(region="us-west-2"), now=lambda: NOW))


def test_curl_gets_the_second_as_text(client: TestClient) -> None:
    answer = client.get("/", headers={"Accept": "*/*"})
    assert answer.text == "1700000000\n"
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_a_program_gets_json(client: TestClient) -> None:
    answer = client.get("/", headers={"Accept": "application/json"})
    assert answer.json() == {"epoch": 1700000000, "iso": "2023-11-14T22:13:20Z", "region": "us-west-2"}
    assert answer.headers["content-type"] == "application/json"


def test_a_browser_gets_a_page_that_works_without_script(client: TestClient) -> None:
    answer = client.get("/", headers={"Accept": BROWSER})
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    without_script = re.sub(r"<script>.*?</script>", "", answer.text, flags=re.S)
    assert ">1700000000<" in without_script
    assert "2023-11-14T22:13:20Z" in without_script


def test_the_page_loads_nothing_from_elsewhere(client: TestClient) -> None:
    answer = client.get("/", headers={"Accept": BROWSER})
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", answer.text)
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("accept", ["*/*", "application/json", BROWSER])
def test_no_cache_keeps_a_second(client: TestClient, accept: str) -> None:
    answer = client.get("/", headers={"Accept": accept})
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["vary"] == "Accept"


def test_head_has_the_headers_of_get(client: TestClient) -> None:
    got, head = (client.request(method, "/", headers={"Accept": "*/*"}) for method in ("GET", "HEAD"))
    assert head.status_code == 200
    assert head.headers == got.headers


def test_options_names_the_methods(client: TestClient) -> None:
    for path in ("/", "/health"):
        answer = client.options(path)
        assert (answer.status_code, answer.headers["allow"], answer.text) == (204, "GET, HEAD, OPTIONS", "")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused(client: TestClient, method: str) -> None:
    answer = client.request(method, "/")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    assert answer.text == "Method Not Allowed\n"


def test_the_connection_closes_after_a_body_since_bodies_are_not_read(client: TestClient) -> None:
    for method in ("GET", "POST", "OPTIONS"):
        assert client.request(method, "/", content="body").headers["connection"] == "close"
        assert client.request(method, "/", content=iter([b"bo", b"dy"])).headers["connection"] == "close"
        assert "connection" not in client.request(method, "/").headers


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("OPTIONS", "/"), ("POST", "/"), ("GET", "/x"), ("GET", "/metrics")]
)
def test_no_answer_is_cached_or_sniffed(client: TestClient, method: str, path: str) -> None:
    answer = client.request(method, path)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/health/", "/metrics/"])
def test_a_slash_too_many_is_not_found(client: TestClient, path: str) -> None:
    assert client.get(path, follow_redirects=False).status_code == 404


def test_other_paths_are_not_found(client: TestClient) -> None:
    answer = client.get("/index.html")
    assert (answer.status_code, answer.text) == (404, "Not Found\n")


def test_health(client: TestClient) -> None:
    answer = client.get("/health")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_the_health_path_can_be_moved() -> None:
    client = TestClient(create_app(Settings(health_path="/up")))
    assert client.get("/up").text == "ok\n"
    assert client.get("/health").status_code == 404


def test_the_epoch_can_be_the_health_path() -> None:
    client = TestClient(create_app(Settings(health_path="/"), now=lambda: NOW))
    assert client.get("/").text == "1700000000\n"


def test_headers_of_several_lines_are_one(client: TestClient) -> None:
    headers = [("Accept", "image/png"), ("Accept", "application/json")]
    assert client.get("/", headers=headers).headers["content-type"] == "application/json"


def logged(lines: io.StringIO) -> TestClient:
    """Return a client of a service that writes its access log to `lines`."""
    return TestClient(create_app(Settings(), log=lines))


def test_each_request_is_one_line_of_json() -> None:
    lines = io.StringIO()
    logged(lines).get("/nothing", headers={"X-Amzn-Trace-Id": "Root=1-a", "User-Agent": 'a"\\'})
    [line] = lines.getvalue().splitlines()
    said = json.loads(line)
    assert list(said) == [
        "time",
        "method",
        "path",
        "status",
        "ms",
        "client",
        "forwarded_for",
        "trace",
        "agent",
    ]
    assert (said["method"], said["path"], said["status"], said["trace"], said["agent"]) == (
        "GET",
        "/nothing",
        404,
        "Root=1-a",
        'a"\\',
    )
    assert said["forwarded_for"] is None
    assert said["ms"] >= 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", said["time"])


@pytest.mark.parametrize("path", ["/health", "/metrics"])
def test_probes_make_no_line(path: str) -> None:
    lines = io.StringIO()
    logged(lines).get(path)
    assert lines.getvalue() == ""


def test_a_client_cannot_make_a_line_long() -> None:
    lines = io.StringIO()
    headers = {"User-Agent": "b" * 5000, "X-Forwarded-For": "c" * 5000}
    logged(lines).get("/" + "a" * 5000, headers=headers)
    assert len(lines.getvalue()) < 1200


def test_a_crash_counts_as_500() -> None:
    async def crash(scope: object, receive: object, send: object) -> None:
        raise RuntimeError

    seen: list[int] = []
    with pytest.raises(RuntimeError):
        TestClient(RequestObserver(crash, [lambda scope, status, seconds: seen.append(status)])).get("/")
    assert seen == [500]


def test_metrics_count_what_was_answered(client: TestClient) -> None:
    client.get("/")
    client.get("/")
    client.get("/somewhere")
    client.request("BREW", "/")
    metrics = client.get("/metrics")
    assert metrics.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    said = metrics.text.splitlines()
    assert 'epoch_http_requests_total{method="GET",path="/",status="200"} 2' in said
    assert 'epoch_http_requests_total{method="GET",path="other",status="404"} 1' in said
    assert 'epoch_http_requests_total{method="other",path="/",status="405"} 1' in said
    assert 'epoch_http_request_duration_seconds_bucket{le="+Inf"} 4' in said
    assert "epoch_http_request_duration_seconds_count 4" in said


def test_metrics_are_not_shown_outside(client: TestClient) -> None:
    outside = client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})
    assert (outside.status_code, outside.text) == (404, "Not Found\n")


def test_the_clock_goes_on() -> None:
    seconds = iter([1.0, 1.9, 2.0])
    client = TestClient(create_app(Settings(), now=lambda: next(seconds)))
    assert [client.get("/").text for _ in range(3)] == ["1\n", "1\n", "2\n"]
