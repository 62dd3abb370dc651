"""The image beside a scratch image of the Go server: size, time to assemble, same bytes again."""

from __future__ import annotations

import gzip
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.server import build_go
from benchmarks.table import Row
from epochctl.image import rootfs
from epochctl.image.layout import pack


def rows() -> Iterator[Row]:
    start = time.perf_counter()
    tar = pack(rootfs.assemble(rootfs.find_sources()))
    took = time.perf_counter() - start
    again = pack(rootfs.assemble(rootfs.find_sources()))
    with tempfile.TemporaryDirectory() as folder:
        build_go(Path(folder))
        go = (Path(folder) / "server").read_bytes()
    small, unpacked = len(gzip.compress(go)), len(go)
    yield Row("image", "Go: gzip, unpacked", f"{small / 1e6:.1f}, {unpacked / 1e6:.1f} MB")
    packed = len(gzip.compress(tar, compresslevel=6))
    yield Row("image", "ours: gzip", f"{packed / 1e6:.1f} MB", f"{packed / small:.1f}", "at most 10 MB")
    yield Row(
        "image", "ours: unpacked", f"{len(tar) / 1e6:.1f} MB", f"{len(tar) / unpacked:.1f}", "at most 25 MB"
    )
    yield Row(
        "image", "ours: assembled, same bytes again", f"{took:.1f} s", "yes" if tar == again else "NO", "yes"
    )
