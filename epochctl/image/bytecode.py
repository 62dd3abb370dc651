"""Python modules, compiled: the same source gives the same bytes, whatever this process has done before.

The compiled file stands in for its source (os.pyc instead of os.py), which halves the size.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from epochctl.errors import ImageError
from epochctl.image import compiler
from epochctl.tools import process


def compile_modules(modules: Sequence[tuple[str, Path]]) -> list[tuple[str, bytes]]:
    """(path in the image, source file) to (path of the compiled file, its bytes), in the same order."""
    with tempfile.TemporaryDirectory(prefix="epochctl-") as directory:
        targets = [Path(directory) / f"{index}.pyc" for index in range(len(modules))]
        jobs = [
            (str(source), str(target), path) for (path, source), target in zip(modules, targets, strict=True)
        ]
        _run_compiler(json.dumps(jobs).encode())
        return [(path + "c", target.read_bytes()) for (path, _), target in zip(modules, targets, strict=True)]


def _run_compiler(jobs: bytes) -> None:
    argv = [sys.executable, "-S", "-s", "-B", "-W", "ignore", compiler.__file__]
    ended = process.run(argv, env={"PYTHONHASHSEED": "0"}, stdin=jobs, timeout=300)
    if ended.code != 0:
        raise ImageError("a module of the image does not compile", why=ended.stderr)
