"""The page in a real Chromium: ticks, works without JavaScript, in light and dark, and asks nobody else."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import chromium
import pytest
from devtools import Page, browser

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def program() -> Path:
    """Before any test's time runs: it may have to be fetched."""
    return chromium.find()


@pytest.fixture
def page(program: Path) -> Iterator[Page]:
    with browser(program) as page:
        yield page


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The real server on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "PORT": str(port), "REGION": "us-west-2"}
    argv = [sys.executable, "-m", "server"]
    child = subprocess.Popen(argv, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        await_answer(f"http://127.0.0.1:{port}/health")
        yield f"http://127.0.0.1:{port}/"
    finally:
        child.kill()
        child.wait()


def await_answer(url: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.05)


def epoch(page: Page) -> int:
    return int(page.value("document.getElementById('epoch').textContent"))


def test_the_clock_ticks_and_tells_the_time(page: Page, url: str) -> None:
    page.open(url)
    first, began = epoch(page), time.time()
    assert first == pytest.approx(began, abs=3)
    time.sleep(3)
    second = epoch(page)
    assert second - first == pytest.approx(time.time() - began, abs=2)
    iso = "document.getElementById('iso').textContent"
    assert page.value(f"Date.parse({iso}) / 1000") == pytest.approx(second, abs=2)


def test_it_shows_the_servers_time_where_the_machines_clock_is_wrong(page: Page, url: str) -> None:
    wrong = "const now = Date.now; Date.now = () => now() - 86400000"
    page.call("Page.addScriptToEvaluateOnNewDocument", source=wrong)
    page.open(url)
    assert page.value("Date.now() / 1000") == pytest.approx(time.time() - 86400, abs=3)
    assert epoch(page) == pytest.approx(time.time(), abs=3)


def test_it_works_without_javascript(page: Page, url: str) -> None:
    page.call("Emulation.setScriptExecutionDisabled", value=True)
    page.open(url)
    shown = page.call("DOM.getOuterHTML", nodeId=page.call("DOM.getDocument")["root"]["nodeId"])["outerHTML"]
    found = re.search(r'id="epoch"[^>]*>(\d+)<', shown)
    assert found
    assert int(found[1]) == pytest.approx(time.time(), abs=5)
    assert re.search(r"<time[^>]*>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ</time>", shown)


def colours(page: Page, scheme: str) -> tuple[float, float]:
    """Luminance (0 to 1) of the background and of the digits."""
    page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    found = [
        page.value("getComputedStyle(document.body).backgroundColor"),
        page.value("getComputedStyle(document.getElementById('epoch')).color"),
    ]
    background, text = (luminance(colour) for colour in found)
    return background, text


def luminance(colour: str) -> float:
    """Of rgb(r, g, b), as WCAG defines it."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def test_it_is_light_where_light_is_wanted_and_dark_where_dark_is(page: Page, url: str) -> None:
    page.open(url)
    light, dark = colours(page, "light"), colours(page, "dark")
    assert light[0] > 0.8 > 0.1 > dark[0]
    assert min(contrast(*light), contrast(*dark)) > 7  # WCAG's stricter bound


def test_it_asks_for_nothing_else_and_breaks_no_policy_of_its_own(page: Page, url: str) -> None:
    page.open(url)
    time.sleep(2)
    asked = [request["request"]["url"] for request in page.happened("Network.requestWillBeSent")]
    assert [address for address in asked if not address.startswith("data:")] == [url]
    assert page.happened("Log.entryAdded") == []
    assert page.happened("Runtime.exceptionThrown") == []


@pytest.mark.parametrize("width", [320, 1920])
def test_it_fits_a_phone_and_a_wall(page: Page, url: str, width: int) -> None:
    page.call(
        "Emulation.setDeviceMetricsOverride", width=width, height=600, deviceScaleFactor=1, mobile=width < 500
    )
    page.open(url)
    assert page.value("document.documentElement.scrollWidth") <= width
    assert page.value("document.documentElement.scrollHeight") <= 600
