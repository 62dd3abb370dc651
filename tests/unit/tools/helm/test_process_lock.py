"""What a killed run leaves behind tells whether its helm is still at work."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from epochctl.tools.helm import process_lock


def test_whoever_inherited_it_counts_as_at_work_until_it_dies(tmp_path: Path) -> None:
    path = tmp_path / "at-work" / "space.web"
    with suppress(KeyboardInterrupt), process_lock.hold(path) as file:
        argv = [sys.executable, "-c", "input()"]
        helm = subprocess.Popen(argv, stdin=subprocess.PIPE, pass_fds=(file,))
        raise KeyboardInterrupt  # stands for our own death: the file stays
    now = datetime.now(UTC)
    assert not process_lock.owner_is_dead(path, now, 60), "we are gone, helm works on"
    helm.kill()
    helm.wait()
    assert helm.stdin is not None
    helm.stdin.close()
    assert process_lock.owner_is_dead(path, now, 60)


def test_a_record_of_somebody_else_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "space.web"
    path.touch()
    os.utime(path, (1_800_000_000, 1_800_000_000))
    started = datetime.fromtimestamp(1_800_000_000, UTC)
    assert process_lock.owner_is_dead(path, started + timedelta(seconds=2), 60)
    assert not process_lock.owner_is_dead(path, started - timedelta(seconds=2), 60), (
        "older than what was started here"
    )
    assert not process_lock.owner_is_dead(path, started + timedelta(seconds=90), 60), "long after it"


def test_nothing_is_left_of_one_that_ended(tmp_path: Path) -> None:
    path = tmp_path / "space.web"
    with process_lock.hold(path):
        assert path.exists()
    assert not path.exists()
    assert not process_lock.owner_is_dead(path, datetime.now(UTC), 60)
