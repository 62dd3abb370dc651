"""Progress says when things begin and end, and never falls silent in between."""

import pytest

from sandbox.preparation.progress import SILENCE, Progress, readable


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_task_is_announced_and_ends_with_its_time() -> None:
    lines: list[str] = []
    clock = Clock()
    with Progress(lines.append, clock).task("building") as task:
        clock.now += 43
        task.note = "812 packages compiled"
    assert lines == ["building", "building: done in 43 s, 812 packages compiled"]


def test_silence_is_broken_by_what_is_under_way() -> None:
    lines: list[str] = []
    clock = Clock()
    progress = Progress(lines.append, clock)
    with progress.task("preparing"), progress.task("building") as building, progress.task("fetching"):
        lines.clear()
        clock.now += SILENCE - 1
        progress.beat()
        assert lines == []
        clock.now += 1
        building.note = "now kubelet"
        progress.beat()
        progress.beat()
        assert lines == ["building: 5 s, now kubelet", "fetching: 5 s"]


def test_a_whole_without_parts_speaks_for_itself() -> None:
    lines: list[str] = []
    clock = Clock()
    progress = Progress(lines.append, clock)
    with progress.task("preparing"):
        clock.now += SILENCE
        progress.beat()
    assert "preparing: 5 s" in lines


def test_a_failed_task_is_not_said_to_be_done() -> None:
    lines: list[str] = []
    with pytest.raises(ValueError, match="no"), Progress(lines.append).task("building"):
        raise ValueError("no")
    assert lines == ["building"]


def test_sizes_are_readable() -> None:
    assert [readable(size) for size in (12, 4_700, 4_700_000, 123_000_000, 2_400_000_000)] == [
        "12 bytes",
        "4.7 kB",
        "4.7 MB",
        "123 MB",
        "2.4 GB",
    ]
