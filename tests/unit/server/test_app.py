"""What a client of the epoch service gets, by what it asks for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from server.access_log import LATEST, AccessLog
from server.app import create_app, silent_paths
from server.settings import Settings
from server.watch import Watch

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


class Lines:
    """An access log whose lines a test can look at; `later` holds what waits for its time."""

    def __init__(self) -> None:
        self.text = ""
        self.later: list[tuple[float, Callable[[], None]]] = []

    def log(self, *, waits: bool = False) -> AccessLog:
        silent = silent_paths(Settings())
        return AccessLog(silent, (lambda *at: self.later.append(at)) if waits else None, self.write)

    def write(self, text: str) -> None:
        self.text += text


@pytest.fixture
def lines() -> Lines:
    return Lines()


def logged(lines: Lines, *, waits: bool = False) -> TestClient:
    return TestClient(create_app(Settings(), log=lines.log(waits=waits)))


def test_each_request_is_one_line_of_json(lines: Lines) -> None:
    logged(lines).get("/nothing", headers={"X-Amzn-Trace-Id": "Root=1-a", "User-Agent": 'a"\\'})
    [line] = lines.text.splitlines()
    said = json.loads(line)
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
def test_probes_make_no_line(lines: Lines, path: str) -> None:
    logged(lines).get(path)
    assert lines.text == ""


def test_lines_are_written_together_and_soon(lines: Lines) -> None:
    client = logged(lines, waits=True)
    client.get("/")
    client.get("/")
    assert lines.text == ""
    [(seconds, write)] = lines.later  # one appointment, not one a line
    write()
    assert seconds == LATEST
    assert len(lines.text.splitlines()) == 2


def test_a_client_cannot_make_a_line_long(lines: Lines) -> None:
    headers = {"User-Agent": "b" * 5000, "X-Forwarded-For": "c" * 5000}
    logged(lines).get("/" + "a" * 5000, headers=headers)
    assert len(lines.text) < 1200


def test_a_crash_counts_as_500() -> None:
    async def crash(scope: object, receive: object, send: object) -> None:
        raise RuntimeError

    seen: list[int] = []
    with pytest.raises(RuntimeError):
        TestClient(Watch(crash, lambda scope, status, seconds: seen.append(status))).get("/")
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
    client = TestClient(create_app(now=lambda: next(seconds)))
    assert [client.get("/").text for _ in range(3)] == ["1\n", "1\n", "2\n"]
