"""A supervised process: what is said when it ends early, how long its log gets, that it ends when told."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.errors import SandboxError
from sandbox.process import supervised_process as module
from sandbox.process.supervised_process import SupervisedProcess

Start = Callable[[str], SupervisedProcess]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[SupervisedProcess] = []

    def begin(script: str) -> SupervisedProcess:
        argv = [sys.executable, "-IS", "-c", script]
        started.append(SupervisedProcess("thing", argv, logs=tmp_path, env={"GREETING": "hello"}).start())
        return started[-1]

    yield begin
    for each in started:
        each.stop(grace=0.1)


def wait_for(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_process_that_ends_while_starting_is_reported_with_its_last_words(start: Start) -> None:
    part = start("import sys; print('no such file: pki/ca.crt'); sys.exit(3)")
    with pytest.raises(SandboxError, match="thing ended with code 3") as raised:
        part.wait_until(lambda: False, seconds=10)
    assert raised.value.why == "no such file: pki/ca.crt"


def test_only_the_last_lines_are_told(start: Start) -> None:
    part = start("[print('line', n) for n in range(100)]; raise SystemExit(1)")
    with pytest.raises(SandboxError) as raised:
        part.wait_until(lambda: False, seconds=10)
    assert raised.value.why.splitlines() == [f"line {n}" for n in range(88, 100)]


def test_a_process_that_never_gets_healthy_is_given_up(start: Start) -> None:
    part = start("import time; time.sleep(60)")
    with pytest.raises(SandboxError, match="thing is not healthy after 0 s"):
        part.wait_until(lambda: False, seconds=0)
    assert part.alive


def test_a_healthy_process_is_waited_for_no_longer(start: Start, tmp_path: Path) -> None:
    part = start("import os, time; print(os.environ['GREETING'], flush=True); time.sleep(60)")
    log = tmp_path / "thing.log"
    part.wait_until(lambda: log.exists() and log.read_text() == "hello\n", seconds=10)


def test_the_log_is_bounded_and_keeps_what_is_new(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOG_BYTES", 2000)
    start("[print(f'line {n:04d}') for n in range(3000)]")
    log = tmp_path / "thing.log"
    wait_for(lambda: log.exists() and b"line 2999" in log.read_bytes())
    assert log.stat().st_size <= 2000 + 10
    assert b"line 0000" not in log.read_bytes()


def test_term_is_enough_for_a_process_that_listens(start: Start) -> None:
    part = start("import time; time.sleep(60)")
    began = time.monotonic()
    part.stop(grace=10)
    assert not part.alive
    assert time.monotonic() - began < 5


def test_a_process_that_does_not_listen_is_killed(start: Start, tmp_path: Path) -> None:
    part = start(
        "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    log = tmp_path / "thing.log"
    part.wait_until(lambda: log.exists() and log.read_text() == "deaf\n", seconds=10)
    part.stop(grace=0.1)
    assert not part.alive


def test_its_children_end_with_it(start: Start, tmp_path: Path) -> None:
    child = (
        "import signal, sys, time; signal.signal(15, lambda *_: sys.exit('child ended')); "
        "print(1, flush=True); time.sleep(60)"
    )
    script = (
        "import subprocess, sys, time\n"
        f"subprocess.Popen([sys.executable, '-IS', '-c', {child!r}])\n"
        "time.sleep(60)"
    )
    part, log = start(script), tmp_path / "thing.log"
    part.wait_until(lambda: log.exists() and log.read_text() == "1\n", seconds=10)
    part.stop()
    wait_for(lambda: "child ended" in log.read_text())


def test_stopping_twice_is_success(start: Start) -> None:
    part = start("pass")
    part.stop()
    part.stop()
    assert not part.alive


def test_in_a_network_namespace_it_is_entered_first(tmp_path: Path) -> None:
    part = SupervisedProcess("thing", ["etcd"], logs=tmp_path, namespace="cp1")
    assert part._argv == ["nsenter", "--net=/run/netns/cp1", "--", "etcd"]
