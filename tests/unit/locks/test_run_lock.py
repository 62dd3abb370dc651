"""One run at a time: who meets whose lock, and what happens to it."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from shared_lock import SharedLock

from epochctl.locks import Holder, LocalLock, RunLock, current_holder, lock_error
from epochctl.locks.holder import parse_holder


class Here:
    """One working directory on one machine."""

    def __init__(self, path: Path, shared: SharedLock) -> None:
        self.path, self.shared = path, shared
        self.said: list[str] = []
        self.lost = threading.Event()

    def lock(self, holder: Holder, refresh: float = 30) -> RunLock:
        return RunLock(
            holder,
            LocalLock(self.path / "run.lock"),
            self.shared,
            notify=self.said.append,
            on_lost=self.lost.set,
            refresh=refresh,
        )

    def holder(self) -> Holder | None:
        return parse_holder(self.shared.now.text) if self.shared.now else None


@pytest.fixture
def here(tmp_path: Path) -> Here:
    return Here(tmp_path, SharedLock())


def run(name: str, **changed: object) -> Holder:
    return replace(current_holder(name, "up", ""), **changed)  # type: ignore[arg-type]


def soon(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 5
    while not true() and time.monotonic() < deadline:
        time.sleep(0.01)
    return true()


def test_it_is_taken_and_released(here: Here) -> None:
    lock = here.lock(run("a"))
    assert lock.acquire() is None
    assert here.holder() == parse_holder((here.path / "run.lock").read_text())
    assert (here.path / "run.lock").stat().st_mode & 0o077 == 0
    lock.release("ok")
    assert here.holder() is None
    assert LocalLock(here.path / "run.lock").read_holder().ended == "ok"  # type: ignore[union-attr]
    assert here.said == []


def test_two_runs_in_one_directory_know_at_once(here: Here) -> None:
    first = here.lock(run("a"))
    first.acquire()
    other = here.lock(run("b")).acquire()
    assert other is not None
    assert other.run == "a"
    first.release("ok")


def test_another_checkout_on_this_machine_meets_a_living_run(here: Here, tmp_path: Path) -> None:
    first = here.lock(run("a"))
    first.acquire()
    elsewhere = Here(tmp_path / "elsewhere", here.shared)
    other = elsewhere.lock(run("b")).acquire()
    assert other is not None
    assert other.run == "a"
    first.release("ok")
    assert elsewhere.lock(run("b")).acquire() is None


def test_a_killed_run_of_this_machine_is_replaced_and_told(here: Here) -> None:
    here.shared.now = SharedLock(run("dead", pid=4194304).text()).now
    lock = here.lock(run("b"))
    assert lock.acquire() is None
    assert "run dead was killed" in here.said[0]
    assert "process 4194304" in here.said[0]
    lock.release("ok")


def test_a_killed_run_of_this_directory_is_replaced_even_after_a_reboot(here: Here) -> None:
    dead = run("dead", machine="an earlier boot")
    (here.path / "run.lock").write_text(dead.text())
    here.shared.now = SharedLock(dead.text()).now
    lock = here.lock(run("b"))
    assert lock.acquire() is None
    assert [line for line in here.said if "run dead was killed" in line] == here.said
    assert len(here.said) == 1
    lock.release("ok")


def test_nobody_elses_lock_is_touched(here: Here) -> None:
    foreign = run("f", host="ci-7", machine="another", pid=4194304, url="https://ci.example.com/7")
    here.shared.now = SharedLock(foreign.text()).now
    assert here.lock(run("b")).acquire() == foreign
    assert here.holder() == foreign
    error = lock_error("epoch-production in us-west-2", foreign, command="up")
    assert error.exit_code == 8
    for fact in ("ci-7", "`epochctl up`", "process 4194304", "ago", "run f", "https://ci.example.com/7"):
        assert fact in error.why
    assert "--wait" in error.fix


def test_what_no_epochctl_wrote_is_not_touched_either(here: Here) -> None:
    here.shared.now = SharedLock("hello").now
    assert here.lock(run("b")).acquire() is not None
    assert here.shared.read().text == "hello"  # type: ignore[union-attr]


def test_before_the_bucket_there_is_only_the_file_and_the_object_follows(here: Here) -> None:
    here.shared.bucket = False
    lock = here.lock(run("a"), refresh=0.01)
    assert lock.acquire() is None
    here.shared.bucket = True
    assert soon(lambda: here.holder() is not None)
    lock.release("ok")
    assert here.holder() is None


def test_it_gives_signs_of_life(here: Here) -> None:
    holder = run("a", last_seen=0.0)
    lock = here.lock(holder, refresh=0.01)
    lock.acquire()
    assert soon(lambda: (here.holder() or holder).last_seen > 0)
    lock.release("ok")


def test_a_run_whose_lock_was_taken_away_hears_of_it(here: Here) -> None:
    lock = here.lock(run("a"), refresh=0.01)
    lock.acquire()
    here.shared.now = None
    here.shared.create(run("thief", host="ci-7").text())
    assert here.lost.wait(5)
    lock.release("failed")
    assert lock.taken_by is not None
    assert lock.taken_by.host == "ci-7"
    assert here.holder() == lock.taken_by  # and it is left alone


def test_an_answer_that_was_lost_does_not_make_us_our_own_enemy(here: Here) -> None:
    holder = run("a")
    here.shared.now = SharedLock(holder.text()).now  # written, but we never heard of it
    lock = here.lock(holder)
    assert lock.acquire() is None
    lock.release("ok")
    assert here.holder() is None


def test_a_process_that_is_there_is_not_gone() -> None:
    assert not run("a").is_dead
    assert run("a", born="1").is_dead  # its id is another process's now
    assert not run("a", machine="", pid=4194304).is_dead  # nobody knows where that was
    assert current_holder("a", "up", "").pid == os.getpid()


def test_a_run_that_was_refused_leaves_no_trace(here: Here) -> None:
    foreign = run("f", host="ci-7", machine="another")
    here.shared.now = SharedLock(foreign.text()).now
    assert here.lock(run("b")).acquire() is not None
    here.shared.now = None
    lock = here.lock(run("c"))
    assert lock.acquire() is None
    assert here.said == []
    lock.release("ok")


def test_somebody_who_looks_is_not_in_the_way(tmp_path: Path) -> None:
    """`held` takes the kernel's lock for an instant; who takes it for good must not be refused by that."""
    looking, stop = LocalLock(tmp_path / "run.lock"), threading.Event()
    (tmp_path / "run.lock").touch()

    def look() -> None:
        while not stop.is_set():
            looking.is_held()

    thread = threading.Thread(target=look)
    thread.start()
    try:
        for number in range(200):
            lock = LocalLock(tmp_path / "run.lock")
            assert lock.acquire(current_holder(f"run{number}", "up", ""))
            lock.release(current_holder(f"run{number}", "up", ""), "ok")
    finally:
        stop.set()
        thread.join()


def test_the_text_of_a_lock_keeps_its_keys() -> None:
    holder = run("a")
    keys = "run command who host pid born machine since heard url ended"
    assert list(json.loads(holder.text())) == keys.split()
    assert parse_holder(holder.text()) == holder
