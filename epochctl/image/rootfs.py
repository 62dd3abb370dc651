"""The root filesystem that the server runs in.

Interpreter, shared libraries, trimmed standard library, packages, server. The one description: the assembler
and the Dockerfile's builder stage both use it. No shell, no package manager, no sources. Everything is moved
to fixed places, so that an interpreter of any origin (Debian's, pyenv's, uv's) gives the same picture.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from epochctl.errors import ImageError
from epochctl.image import bytecode, distributions, elf, sbom, stdlib
from epochctl.image.elf import Libraries, find_libraries
from epochctl.image.entries import Entry, complete, directory, file

HOME = "/usr/local"
PYTHON = f"{HOME}/bin/python3"
SHARED = f"{HOME}/lib"
APPLICATION = "/app"
USER = 65532

ENVIRONMENT = (
    ("PATH", f"{HOME}/bin"),
    (
        "LD_LIBRARY_PATH",
        SHARED,
    ),  # the interpreter's own run path names a directory of the machine it was built on
    ("PYTHONHOME", HOME),
    ("PYTHONPATH", APPLICATION),
    ("PYTHONUTF8", "1"),
    ("PYTHONUNBUFFERED", "1"),
    ("PYTHONDONTWRITEBYTECODE", "1"),
)
# -S: no site, -P: never the working directory; what is imported is decided by the lines above alone.
ENTRYPOINT = (PYTHON, "-SP", "-m", "server")

_ACCOUNTS = (
    ("/etc/passwd", f"root:x:0:0:root:/:/nologin\nepoch:x:{USER}:{USER}:epoch:/:/nologin\n"),
    ("/etc/group", f"root:x:0:\nepoch:x:{USER}:\n"),
    ("/etc/nsswitch.conf", "hosts: files dns\n"),
)


@dataclass(frozen=True)
class Sources:
    """What goes in, as files of this machine: (path in the image, file)."""

    interpreter: Path
    modules: tuple[tuple[str, Path], ...]
    extensions: tuple[tuple[str, Path], ...]
    texts: tuple[tuple[str, Path], ...]
    libraries: Libraries


def find_sources(server: Path | None = None) -> Sources:
    """Look at the running interpreter and what is installed beside it. Reads no file's content.

    server: another package than the one that travels with us.
    """
    interpreter = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    files = [*_find_stdlib(), *_find_packages(), *_find_server(server or find_package("server"))]
    extensions = tuple(pair for pair in files if pair[1].suffix == ".so")
    return Sources(
        interpreter=interpreter,
        modules=tuple(pair for pair in files if pair[1].suffix == ".py"),
        extensions=extensions,
        texts=tuple(pair for pair in files if pair[1].suffix not in (".py", ".so")),
        libraries=find_libraries([interpreter, *(source for _, source in extensions)]),
    )


def assemble(sources: Sources) -> tuple[Entry, ...]:
    """The whole tree, in memory: some 25 MB."""
    libraries = {name: _read_program(path) for name, path in sources.libraries.shared}
    return complete(
        [
            file(sbom.PATH, sbom.document(distributions.NEEDED, libraries)),
            file(PYTHON, _read_program(sources.interpreter), 0o755),
            file(sources.libraries.loader, _read_program(Path(sources.libraries.loader)), 0o755),
            *(file(f"{SHARED}/{name}", content, 0o755) for name, content in libraries.items()),
            *(file(path, _read_program(source), 0o755) for path, source in sources.extensions),
            *(file(path, content) for path, content in bytecode.compile_modules(sources.modules)),
            *(file(path, source.read_bytes()) for path, source in sources.texts),
            *(file(path, text.encode()) for path, text in _ACCOUNTS),
            directory("/tmp", 0o1777),
        ]
    )


def architecture() -> str:
    """The processor that an image assembled here is for: the interpreter's."""
    with Path(sys.executable).open("rb") as program:
        header = program.read(64)
    return elf.architecture(header) if elf.is_elf(header) else "unknown"


def _find_stdlib() -> Iterator[tuple[str, Path]]:
    root = stdlib.source_directory()
    home = f"{HOME}/{sys.platlibdir}/{root.name}"
    for name, source in (*stdlib.find_sources(root), *stdlib.find_extensions(root)):
        yield f"{home}/{name}", source
    if (licence := root / "LICENSE.txt").is_file():
        yield f"{home}/LICENSE.txt", licence


def _find_packages() -> Iterator[tuple[str, Path]]:
    for name, source in distributions.find_files():
        yield f"{APPLICATION}/{name}", source


def find_package(name: str) -> Path:
    """Where a package stands. Found, not imported: epochctl does not know what the service does."""
    found = find_spec(name)
    if found is None or not found.submodule_search_locations:
        raise ImageError(f"the package {name} is not installed beside epochctl", fix="install epochctl again")
    return Path(found.submodule_search_locations[0])


def _find_server(root: Path) -> Iterator[tuple[str, Path]]:
    for source in sorted(root.rglob("*.py")):
        yield f"{APPLICATION}/server/{source.relative_to(root)}", source


def _read_program(path: Path) -> bytes:
    content = path.read_bytes()
    return elf.strip(content) if elf.is_elf(content) else content
