"""What a client of the epoch service gets, by what it asks for."""

from __future__ import annotations

import json
import re

import pytest
from starlette.testclient import TestClient

from server.access_log import AccessLog
from server.app import create_app
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


def test_each_request_is_one_line_of_json(client: TestClient, capsys: pytest.CaptureFixture[str]) -> None:
    client.get("/nothing", headers={"X-Amzn-Trace-Id": "Root=1-a", "User-Agent": 'a"\nb'[:2]})
    [line] = capsys.readouterr().out.splitlines()
    said = json.loads(line)
    assert (said["method"], said["path"], said["status"], said["trace"]) == (
        "GET",
        "/nothing",
        404,
        "Root=1-a",
    )
    assert said["ms"] >= 0


def test_health_makes_no_line(client: TestClient, capsys: pytest.CaptureFixture[str]) -> None:
    client.get("/health")
    assert capsys.readouterr().out == ""


def test_the_access_log_can_be_off(capsys: pytest.CaptureFixture[str]) -> None:
    TestClient(create_app(Settings(access_log=False))).get("/")
    assert capsys.readouterr().out == ""


def test_a_crash_is_logged_as_500() -> None:
    async def crash(scope: object, receive: object, send: object) -> None:
        raise RuntimeError

    lines: list[str] = []
    with pytest.raises(RuntimeError):
        TestClient(AccessLog(crash, write=lines.append)).get("/")
    assert json.loads(lines[0])["status"] == 500


def test_a_client_cannot_make_a_line_long(client: TestClient, capsys: pytest.CaptureFixture[str]) -> None:
    client.get("/" + "a" * 5000, headers={"User-Agent": "b" * 5000, "X-Forwarded-For": "c" * 5000})
    assert len(capsys.readouterr().out) < 1200
