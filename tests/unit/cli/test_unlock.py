"""unlock removes what is certainly dead, or what somebody names; nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from doubles import FakeClients, FakeSteps, injected
from shared_lock import SharedLock

from epochctl import outputs
from epochctl.cli.app import run
from epochctl.locks import Holder, LocalLock, current_holder
from epochctl.tools.terraform import LockHolder

LOCKED = 8


@dataclass
class Infra:
    """The step. holder: of terraform's lock; dead: whether it is known to be; removed: by us."""

    holder: LockHolder | None = None
    dead: bool = False
    removed: str = ""
    name, needs, produces = "infra-up", (), outputs.Infrastructure

    def lock_holder(self) -> LockHolder | None:
        return self.holder

    def left_behind(self, holder: LockHolder) -> bool:
        return self.dead

    def unlock(self, ctx: object, lock_id: str) -> None:
        self.removed = lock_id


@dataclass
class Scene:
    """A working directory, the lock that everybody sees, and terraform's."""

    files: Path
    shared: SharedLock
    infra: Infra

    def run(self, words: list[str]) -> int:
        return run(
            words,
            injected(
                FakeSteps(infra_up=self.infra), clients=lambda region: FakeClients(region, lock=self.shared)
            ),
        )

    def locked_by(self, holder: Holder) -> Holder:
        self.shared.create(holder.text())
        return holder


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Scene:
    scene = Scene(tmp_path / ".epochctl/epoch/production/us-west-2", SharedLock(), Infra())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("API_HOSTNAME", "epoch.example.com")
    return scene


def elsewhere() -> Holder:
    """A run of another machine: nobody here can know whether it lives."""
    return replace(current_holder("abc", "up", ""), who="ada", host="engine", machine="another", since=100.0)


def terraforms(who: str = "ada@engine", created: float = 130.0) -> LockHolder:
    return LockHolder("lock-1", who, "OperationTypeApply", created, "noon")


def test_nothing_is_locked(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    assert scene.run(["unlock"]) == 0
    assert "Nothing is locked." in capsys.readouterr().out


def test_a_run_of_another_machine_must_be_named(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    scene.locked_by(elsewhere())
    for words in ([], ["--run-id", "another"]):
        assert scene.run(["unlock", *words]) == LOCKED
        assert "epochctl unlock --run-id abc" in capsys.readouterr().err
    assert scene.shared.now
    assert scene.run(["unlock", "--run-id", "abc"]) == 0
    assert "Removed the lock of run abc: ada@engine runs `epochctl up`" in capsys.readouterr().out
    assert scene.shared.now is None


def test_a_dead_run_of_this_machine_needs_no_name(scene: Scene) -> None:
    scene.locked_by(replace(current_holder("abc", "up", ""), born="another process"))
    assert scene.run(["unlock"]) == 0
    assert scene.shared.now is None


def test_a_living_run_of_this_machine_is_not_robbed(scene: Scene) -> None:
    """From another checkout: the file here is free, and its process lives."""
    scene.locked_by(current_holder("abc", "up", ""))
    assert scene.run(["unlock"]) == LOCKED
    assert scene.shared.now


def test_a_run_at_work_in_this_directory_is_ended_not_robbed(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    lock, holder = LocalLock(scene.files / "run.lock"), current_holder("abc", "up", "")
    assert lock.acquire(holder)
    scene.locked_by(holder)
    assert scene.run(["unlock", "--run-id", "abc"]) == LOCKED
    lock.release(holder, "ok")
    assert f"kill -INT {holder.pid}" in capsys.readouterr().err
    assert scene.shared.now


def test_the_last_run_here_is_known_after_a_restart(scene: Scene) -> None:
    """This machine was started anew since: its process cannot be looked up, but it was in this directory."""
    holder = scene.locked_by(elsewhere())
    lock = LocalLock(scene.files / "run.lock")
    lock.acquire(holder)
    lock.release(holder, "")
    assert scene.run(["unlock"]) == 0
    assert scene.shared.now is None


def test_what_no_epochctl_wrote_is_left_alone(scene: Scene) -> None:
    scene.shared.create("{}")
    assert scene.run(["unlock", "--run-id", "abc"]) == LOCKED
    assert scene.shared.now


def test_terraforms_lock_goes_with_the_run_that_took_it(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    scene.locked_by(elsewhere())
    scene.infra.holder = terraforms()
    assert scene.run(["unlock", "--run-id", "abc"]) == 0
    assert scene.infra.removed == "lock-1"
    assert "Removed terraform's lock lock-1: ada@engine since noon" in capsys.readouterr().out


@pytest.mark.parametrize("theirs", [terraforms("bob@desk"), terraforms(created=50.0)])
def test_another_terraforms_lock_must_be_named_too(
    scene: Scene, theirs: LockHolder, capsys: pytest.CaptureFixture[str]
) -> None:
    scene.locked_by(elsewhere())
    scene.infra.holder = theirs
    assert scene.run(["unlock", "--run-id", "abc"]) == LOCKED
    assert scene.infra.removed == ""
    assert "epochctl unlock --run-id lock-1" in capsys.readouterr().err
    assert scene.run(["unlock", "--run-id", "lock-1"]) == 0
    assert scene.infra.removed == "lock-1"


def test_terraforms_lock_of_a_dead_one_of_ours_needs_no_name(scene: Scene) -> None:
    scene.infra.holder, scene.infra.dead = terraforms(), True
    assert scene.run(["unlock"]) == 0
    assert scene.infra.removed == "lock-1"
