"""Linux programs and shared libraries, as bytes.

Which processor they are for, and without what only a debugger reads.
Knows nothing of Python or of images. Reads 64-bit little-endian ELF, which is what both of our platforms use.
"""

from __future__ import annotations

import struct

ARCHITECTURES = {62: "amd64", 183: "arm64"}  # e_machine
_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SEGMENT = struct.Struct("<IIQQQQQQ")


def is_elf(content: bytes) -> bool:
    return content[:6] == b"\x7fELF\x02\x01"


def architecture(content: bytes) -> str:
    """amd64, arm64, or machine-<number> for what we do not name."""
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
