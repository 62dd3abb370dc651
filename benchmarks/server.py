"""Our server beside a minimal Go net/http server: rate, latency, memory, cold start. Runs alternate."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import processes
from benchmarks.processes import Load, program
from benchmarks.table import Row, median
from epochctl.image import rootfs

GO = Path(__file__).with_name("go")
ROUNDS, SECONDS, STARTS = 7, 3, 31


@dataclass
class Contender:
    """One server and what was measured of it."""

    name: str
    argv: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    loads: list[Load] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        build_go(Path(folder))
        contenders = list(_contenders(Path(folder)))
        for _ in range(ROUNDS):
            for contender in contenders:
                _measure(contender, Path(folder) / "bombardier")
        for _ in range(STARTS - ROUNDS):
            for contender in contenders:
                with processes.serving(contender.argv, contender.environment) as (_, _, took):
                    contender.starts.append(took)
        yield from _compared(contenders)


def build_go(folder: Path) -> None:
    """The Go server and the load generator, as small as the linker makes them."""
    argv = ["go", "build", "-trimpath", "-ldflags=-s -w", "-o", f"{folder}/"]
    packages = ["./server", "github.com/codesenberg/bombardier"]
    subprocess.run(
        [*argv, *packages], cwd=GO, check=True, timeout=600, env={**os.environ, "CGO_ENABLED": "0"}
    )


def _contenders(folder: Path) -> Iterator[Contender]:
    root = folder / "root"
    subprocess.run([sys.executable, "-m", "epochctl.image", str(root)], check=True, timeout=120)
    # The image's own files in a user namespace: what a container runs, without a container.
    ours = [program("unshare"), "--map-root-user", program("chroot"), str(root), *rootfs.ENTRYPOINT]
    inside = dict(rootfs.ENVIRONMENT)
    yield Contender("Go net/http", [str(folder / "server")])
    yield Contender("ours, access log off", ours, {**inside, "ACCESS_LOG": "0"})
    yield Contender("ours, access log on", ours, {**inside, "ACCESS_LOG": "1"})
    granian = [sys.executable, "-m", "benchmarks.granian_server"]
    yield Contender("the same application on granian", granian)


def _measure(contender: Contender, bombardier: Path) -> None:
    with processes.serving(contender.argv, contender.environment) as (port, pid, took):
        processes.load(bombardier, port, 1)  # warm
        contender.loads.append(processes.load(bombardier, port, SECONDS))
        contender.memory.append(processes.resident(pid))
        contender.starts.append(took)


def _compared(contenders: list[Contender]) -> Iterator[Row]:
    go = contenders[0]
    for contender in contenders:
        ours = contender.name == "ours, access log off"
        yield from _rate(contender, go, "at least 0.10" if ours else "")
        yield from _latency(contender, go, "at most 10" if ours else "")
        start, quickest = median(contender.starts) * 1000, min(contender.starts) * 1000
        target = "at most 250 ms" if ours else ""
        value = f"{start:.0f} ms, quickest {quickest:.0f}"
        yield Row("server", f"{contender.name}: exec to first 200", value, target=target)
        yield Row("server", f"{contender.name}: memory after load", f"{median(contender.memory):.0f} MB")
        if failed := sum(load.failed for load in contender.loads):
            yield Row("server", f"{contender.name}: failed requests", str(failed), target="0")


def _rate(contender: Contender, go: Contender, target: str) -> Iterator[Row]:
    ratio = median([mine.rate / other.rate for mine, other in zip(contender.loads, go.loads, strict=True)])
    value = f"{median([load.rate for load in contender.loads]):,.0f} /s"
    yield Row("server", f"{contender.name}: requests on one core", value, f"{ratio:.2f}", target)


def _latency(contender: Contender, go: Contender, target: str) -> Iterator[Row]:
    ratio = median([mine.p99 / other.p99 for mine, other in zip(contender.loads, go.loads, strict=True)])
    p50, p99 = (median([getattr(load, name) for load in contender.loads]) for name in ("p50", "p99"))
    yield Row("server", f"{contender.name}: p50 and p99", f"{p50:.2f}, {p99:.2f} ms", f"{ratio:.2f}", target)
