"""What a root filesystem is made of: frozen entries with absolute paths."""

from __future__ import annotations

import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath


@dataclass(frozen=True)
class Entry:
    """A file, or a directory where content is None. mode: permission bits only; the owner is always root."""

    path: str
    mode: int
    content: bytes | None


def file(path: str, content: bytes, mode: int = 0o644) -> Entry:
    return Entry(path, mode, content)


def directory(path: str, mode: int = 0o755) -> Entry:
    return Entry(path, mode, None)


def complete(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """The entries with every parent directory, each path once, sorted.

    A parent always comes before what is in it.
    """
    found = {entry.path: entry for entry in entries}
    for path in list(found):
        for parent in PurePosixPath(path).parents:
            found.setdefault(str(parent), directory(str(parent)))
    found.pop("/", None)
    return tuple(found[path] for path in sorted(found))


def write(entries: Iterable[Entry], root: Path) -> None:
    """Write completed entries under `root`, as a container's builder stage needs them."""
    for entry in entries:
        target = root / entry.path.lstrip("/")
        if entry.content is None:
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.write_bytes(entry.content)
        target.chmod(entry.mode)


def read_tar(archive: Path) -> tuple[Entry, ...]:
    """The entries of a root filesystem that a builder exported; its times and owners are forgotten."""
    with tarfile.open(archive) as members:
        return complete(
            [_read_member(members, member) for member in members if member.isfile() or member.isdir()]
        )


def _read_member(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Entry:
    path = str(PurePosixPath("/", member.name))
    content = archive.extractfile(member)
    return Entry(path, member.mode & 0o7777, content.read() if content else None)
