"""Linux programs (ELF): their processor, their bytes without debug sections, the shared libraries they need.

Reads 64-bit little-endian ELF, which is what amd64 and arm64 use.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from epochctl.errors import ImageError
from epochctl.tools import process

ARCHITECTURES = {62: "amd64", 183: "arm64"}  # e_machine
_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SEGMENT = struct.Struct("<IIQQQQQQ")
# The lines of ldd.
_FOUND = re.compile(r"^\s+(\S+) => (/\S+) \(0x")
_MISSING = re.compile(r"^\s+(\S+) => not found")
_LOADER = re.compile(r"^\s+(/\S+) \(0x")


def is_elf(content: bytes) -> bool:
    return content[:6] == b"\x7fELF\x02\x01"


def architecture(content: bytes) -> str:
    """Return amd64, arm64, or machine-<number> of any other processor."""
    machine = _HEADER.unpack_from(content)[2]
    return ARCHITECTURES.get(machine, f"machine-{machine}")


def strip(content: bytes) -> bytes:
    """Everything that the loader maps, and nothing behind it.

    Symbols and debug sections are most of a library's bytes. A loader reads segments only, so cutting the
    file after the last one and forgetting the section table is safe and needs no binutils.
    """
    fields = list(_HEADER.unpack_from(content))
    table, size, count = fields[5], fields[9], fields[10]
    segments = [_SEGMENT.unpack_from(content, table + index * size) for index in range(count)]
    end = max([table + size * count, *(offset + length for _, _, offset, _, _, length, _, _ in segments)])
    fields[6] = fields[11] = fields[12] = fields[13] = 0  # e_shoff, e_shentsize, e_shnum, e_shstrndx
    return _HEADER.pack(*fields) + content[_HEADER.size : end]


@dataclass(frozen=True)
class Libraries:
    """loader: its path, which is written into every program; shared: (name, path on this machine), sorted."""

    loader: str
    shared: tuple[tuple[str, Path], ...]


def find_libraries(programs: Iterable[Path]) -> Libraries:
    """Return the loader and the libraries that `programs` need, all the way down. Raises ImageError."""
    ldd = process.find("ldd", fix="install the C library's tools (Debian: libc-bin)")
    ended = process.run([ldd, *map(str, programs)], env={"LC_ALL": "C"}, timeout=60)
    if ended.code != 0:
        raise ImageError("the server's shared libraries cannot be found", why=ended.stderr)
    return parse_ldd(ended.stdout)


def parse_ldd(listing: str) -> Libraries:
    """Return what ldd printed. Raises ImageError where a library is missing on this machine."""
    shared: dict[str, Path] = {}
    loaders: set[str] = set()
    for line in listing.splitlines():
        if match := _MISSING.match(line):
            raise ImageError(
                "a shared library of the server is missing here",
                why=match[1],
                fix="install the package that has it",
            )
        if match := _FOUND.match(line):
            shared[match[1]] = Path(match[2])
        elif match := _LOADER.match(line):
            loaders.add(match[1])
    if len(loaders) != 1:
        raise ImageError(
            "this interpreter's loader is not clear", why=", ".join(sorted(loaders)) or "ldd named none"
        )
    return Libraries(loaders.pop(), tuple(sorted(shared.items())))
