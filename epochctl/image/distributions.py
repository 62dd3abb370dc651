"""The third-party distributions that the server imports, as they are installed beside this interpreter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from epochctl.errors import ImageError

# What the server imports. httptools and idna are installed beside uvicorn and anyio, and not imported: the
# server uses uvicorn's h11 parser, and resolves no names through anyio.
NEEDED = ("anyio", "click", "h11", "starlette", "typing_extensions", "uvicorn", "uvloop")

# Their test support, what they import only when a program asks for it, and the protocols of which the server
# uses another. A test imports the server from the image's own root.
_LEFT_OUT = re.compile(
    r"^(anyio/(_backends/_trio|pytest_plugin)|click/(_termui_impl|_winconsole|shell_completion|testing)"
    r"|starlette/(authentication|config|schemas|staticfiles|templating|testclient)"
    r"|starlette/middleware/(authentication|cors|gzip|httpsredirect|opentelemetry|sessions|trustedhost|wsgi)"
    r"|uvloop/_testbase"
    r"|uvicorn/(workers|supervisors/watchfilesreload|protocols/(websockets/.*|http/.*(httptools|zttp).*)))"
    r"\.py$"
)


def find_versions() -> tuple[tuple[str, str], ...]:
    return tuple((name, _find(name).version) for name in NEEDED)


def find_files() -> Iterator[tuple[str, Path]]:
    """(path below site-packages, file).

    Modules, compiled modules, and the metadata that licences and image scanners ask for.
    """
    for name in NEEDED:
        distribution = _find(name)
        for path in sorted(distribution.files or (), key=str):
            if _goes_in(str(path)):
                yield str(path), Path(str(distribution.locate_file(path)))


def _goes_in(path: str) -> bool:
    if _LEFT_OUT.match(path) or path.startswith("..") or "__pycache__" in path:
        return False
    if ".dist-info/" in path:
        return path.endswith("/METADATA") or "LICEN" in path.rpartition("/")[2].upper()
    return path.endswith((".py", ".so"))


def _find(name: str) -> metadata.Distribution:
    try:
        return metadata.distribution(name)
    except metadata.PackageNotFoundError as error:
        raise ImageError(
            f"{name} is not installed beside this interpreter",
            why="the image is made of the packages that are installed here",
            fix="install epochctl again with its dependencies",
        ) from error
