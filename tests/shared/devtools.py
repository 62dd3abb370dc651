"""A headless Chromium and its one page, over the DevTools protocol. Every wait is bounded."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import websocket

FLAGS = (
    "--headless",
    "--no-sandbox",  # it only ever sees our own page
    "--no-zygote",
    "--in-process-gpu",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
    "--remote-debugging-port=0",
)
SECONDS = 60.0  # for each answer; a busy machine takes its time


class Page:
    """A tab. Events that arrive while it waits for an answer are kept in `events`."""

    def __init__(self, url: str) -> None:
        self._socket = websocket.create_connection(url, timeout=SECONDS, suppress_origin=True)
        self._last = 0
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._last += 1
        self._socket.send(json.dumps({"id": self._last, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == self._last:
                assert "error" not in message, message
                return dict(message["result"])
            self.events.append(message)

    def open(self, url: str) -> None:
        """Until everything that the page asks for is loaded."""
        self.events.clear()
        self.call("Page.enable")
        self.call("Network.enable")
        self.call("Log.enable")
        self.call("Runtime.enable")
        self.call("Page.navigate", url=url)
        deadline = time.monotonic() + SECONDS
        while "Page.loadEventFired" not in [event["method"] for event in self.events]:
            assert time.monotonic() < deadline, self.events
            self.events.append(json.loads(self._socket.recv()))

    def value(self, expression: str) -> Any:
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def happened(self, method: str) -> list[dict[str, Any]]:
        """The parameters of each event of this kind so far."""
        self.call("Runtime.evaluate", expression="1")
        return [event["params"] for event in self.events if event["method"] == method]

    def close(self) -> None:
        self._socket.close()


@contextmanager
def browser(program: Path) -> Iterator[Page]:
    """Its profile is a folder of its own, gone afterwards."""
    with tempfile.TemporaryDirectory() as profile:
        libraries = (
            {"LD_LIBRARY_PATH": str(program.parent / "lib")} if (program.parent / "lib").is_dir() else {}
        )
        child = subprocess.Popen(
            [str(program), *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            env={**os.environ, **libraries, "HOME": profile, "FONTCONFIG_PATH": str(program.parent)},
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
        try:
            page = Page(_find_page(child, Path(profile)))
            yield page
            page.close()
        finally:
            child.kill()
            child.communicate()


def _find_page(child: subprocess.Popen[bytes], profile: Path) -> str:
    """The browser writes its port into its profile; the address of a page is asked of the browser itself."""
    written = profile / "DevToolsActivePort"
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and child.poll() is None:
        lines = written.read_text().split("\n") if written.exists() else []
        if len(lines) == 2:
            return _ask_for_page(f"ws://127.0.0.1:{lines[0]}", lines[1])
        time.sleep(0.05)
    child.kill()
    raise RuntimeError(f"the browser does not come up: {child.communicate()[1][-2000:].decode()}")


def _ask_for_page(address: str, path: str) -> str:
    whole = Page(address + path)
    target = whole.call("Target.createTarget", url="about:blank")["targetId"]
    whole.close()
    return f"{address}/devtools/page/{target}"
