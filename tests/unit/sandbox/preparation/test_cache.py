"""A cache is used only when it is whole, belongs to these pins and settings, and nobody else writes it."""

import os
import threading
import time
from pathlib import Path

import pytest

from sandbox.errors import SandboxError
from sandbox.preparation import toolbox
from sandbox.preparation.cache import UNUSED_DAYS, Cache


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    """A finished one."""
    made = Cache(tmp_path, "key")
    with made.locked(print):
        box = toolbox.locate(made)
        for directory in (box.provider_mirror, box.charts, box.registry, box.authority):
            directory.mkdir()
            (directory / "ca.crt").write_text("something")
        made.scratch.joinpath("helm").write_text("program")
        made.store(made.scratch / "helm", "helm")
        toolbox.save(made, {})
    return made


def test_a_finished_toolbox_is_found_again(cache: Cache) -> None:
    assert toolbox.load(cache, {}) == toolbox.locate(cache)
    assert os.access(cache.bin / "helm", os.X_OK)


def test_a_cache_that_was_moved_is_still_whole(cache: Cache, tmp_path: Path) -> None:
    moved = Cache(tmp_path.rename(tmp_path.with_name("elsewhere")), "key")
    assert toolbox.load(moved, {}) == toolbox.locate(moved)


def test_other_settings_mean_looking_again(cache: Cache) -> None:
    assert toolbox.load(cache, {"KUBEBUILDER_ASSETS": "/assets"}) is None


@pytest.mark.parametrize(
    "gone", ["key/bin/helm", "key/charts/ca.crt", "authority/ca.crt", "key/toolbox.json"]
)
def test_a_missing_piece_means_looking_again(cache: Cache, gone: str) -> None:
    (cache.root / gone).unlink()
    assert toolbox.load(cache, {}) is None


def test_another_authority_means_other_images(cache: Cache) -> None:
    (cache.root / "authority" / "ca.crt").write_text("something else")
    assert toolbox.load(cache, {}) is None


def test_a_truncated_program_is_noticed(cache: Cache) -> None:
    (cache.bin / "helm").write_text("pro")
    assert toolbox.load(cache, {}) is None


def test_a_program_that_is_only_linked_is_not_in_the_cache(cache: Cache) -> None:
    (cache.bin / "terraform").symlink_to("/usr/bin/env")
    assert cache.has("helm")
    assert not cache.has("terraform")


def test_two_prepares_wait_for_each_other(tmp_path: Path) -> None:
    said = threading.Event()
    entered: list[str] = []

    def second() -> None:
        with Cache(tmp_path, "key").locked(lambda line: (entered.append(line), said.set())[0]):
            entered.append("in")

    with Cache(tmp_path, "key").locked(print):
        thread = threading.Thread(target=second)
        thread.start()
        assert said.wait(5)
        assert entered == [f"another prepare is at work (process {os.getpid()}): waiting for it"]
    thread.join(5)
    assert entered[-1] == "in"


def test_what_was_not_whole_is_thrown_away(tmp_path: Path) -> None:
    cache = Cache(tmp_path, "key")
    with cache.locked(print):
        (cache.scratch / "half").write_text("")
        cache.built.mkdir()
    with cache.locked(print):
        assert list(cache.scratch.iterdir()) == []
        assert cache.built.is_dir()  # go install knows what is whole in there


def test_what_other_pins_made_goes_when_nobody_used_it_for_long(cache: Cache) -> None:
    for key, days in (("old", UNUSED_DAYS + 1), ("recent", 1), (cache.key, UNUSED_DAYS + 1)):
        stamp = Cache(cache.root, key).stamp
        stamp.parent.mkdir(exist_ok=True)
        stamp.touch()
        os.utime(stamp, (time.time() - days * 86400,) * 2)
    cache.prune()
    assert sorted(path.parent.name for path in cache.root.glob("*/toolbox.json")) == ["key", "recent"]


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(SandboxError, match="no place for its cache") as error,
        Cache(tmp_path / "file", "key").locked(print),
    ):
        pass
    assert "EPOCH_SANDBOX_CACHE" in error.value.fix
