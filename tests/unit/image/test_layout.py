"""An image layout: the same entries give the same digest, and what is not whole is refused."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path

import pytest

from epochctl.errors import ImageError
from epochctl.image.entries import Entry, complete, directory, file, read_tar, write
from epochctl.image.layout import Layout, Runtime, pack, read_layout, unfinished, write_layout

RUNTIME = Runtime("65532:65532", ("/bin/a",), (("A", "b"),), (8080,))
ENTRIES = complete([file("/bin/a", b"program", 0o755), directory("/tmp", 0o1777), file("/etc/passwd", b"x")])


def make(path: Path, entries: tuple[Entry, ...] = ENTRIES) -> Layout:
    return write_layout(path, entries, RUNTIME, "linux/amd64", "key")


def test_the_same_entries_give_the_same_digest(tmp_path: Path) -> None:
    reordered = complete(reversed(ENTRIES))
    assert make(tmp_path / "a").manifest.digest == make(tmp_path / "b", reordered).manifest.digest


def test_another_content_gives_another_digest(tmp_path: Path) -> None:
    other = complete([*ENTRIES, file("/etc/passwd", b"y")])
    assert make(tmp_path / "a").manifest.digest != make(tmp_path / "b", other).manifest.digest


def test_it_can_be_read_again(tmp_path: Path) -> None:
    made = make(tmp_path / "a")
    assert read_layout(tmp_path / "a") == made
    assert (made.platform, made.inputs, len(made.blobs)) == ("linux/amd64", "key", 2)


def test_it_runs_as_nobody_in_particular(tmp_path: Path) -> None:
    config = json.loads(make(tmp_path / "a").blobs[0].path.read_bytes())
    assert config["config"]["User"] == "65532:65532"
    assert config["config"]["Entrypoint"] == ["/bin/a"]
    assert config["config"]["Env"] == ["A=b"]
    assert config["config"]["ExposedPorts"] == {"8080/tcp": {}}
    assert (config["os"], config["architecture"]) == ("linux", "amd64")


def test_the_layer_is_roots_and_timeless(tmp_path: Path) -> None:
    layer = gzip.decompress(make(tmp_path / "a").blobs[1].path.read_bytes())
    with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
        members = archive.getmembers()
    assert [member.name for member in members] == ["bin", "bin/a", "etc", "etc/passwd", "tmp"]
    assert {(member.uid, member.gid, member.mtime) for member in members} == {(0, 0, 0)}
    assert [oct(member.mode) for member in members if member.name in ("bin/a", "tmp")] == ["0o755", "0o1777"]


def test_a_damaged_blob_is_refused(tmp_path: Path) -> None:
    make(tmp_path / "a").blobs[1].path.write_bytes(b"half")
    with pytest.raises(ImageError, match="no whole image"):
        read_layout(tmp_path / "a")


def test_what_a_kill_left_behind_is_no_obstacle(tmp_path: Path) -> None:
    left = unfinished(tmp_path / "a")
    left.mkdir()
    (left / "index.json").write_text("{")
    with pytest.raises(ImageError):
        read_layout(tmp_path / "a")
    make(tmp_path / "a")
    assert not left.exists()


def test_a_layout_replaces_the_one_before(tmp_path: Path) -> None:
    make(tmp_path / "a", complete([file("/old", b"old")]))
    made = make(tmp_path / "a")
    assert len(list((tmp_path / "a" / "blobs" / "sha256").iterdir())) == 3
    assert read_layout(tmp_path / "a") == made


def test_an_exported_root_gives_the_same_image(tmp_path: Path) -> None:
    archive = tmp_path / "root.tar"
    archive.write_bytes(pack(ENTRIES))
    assert read_tar(archive) == ENTRIES


def test_entries_can_be_written_to_a_directory(tmp_path: Path) -> None:
    write(ENTRIES, tmp_path)
    assert (tmp_path / "bin" / "a").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "tmp").stat().st_mode & 0o7777 == 0o1777
