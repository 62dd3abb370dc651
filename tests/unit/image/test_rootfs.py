"""What goes into the root filesystem and what does not, and that the Dockerfile says the same."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from epochctl.errors import ImageError
from epochctl.image import assembler, distributions, elf, rootfs, stdlib
from epochctl.image.assembler import content_key
from epochctl.image.elf import Libraries, parse_ldd

LDD = """\
/usr/bin/python3:
\tlinux-vdso.so.1 (0x00007ffc)
\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f1)
\t/lib64/ld-linux-x86-64.so.2 (0x00007f2)
/x/_ssl.so:
\tlibssl.so.3 => /lib/x86_64-linux-gnu/libssl.so.3 (0x00007f3)
\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f4)
"""


def test_libraries_are_read_from_ldd() -> None:
    root = Path("/lib/x86_64-linux-gnu")
    shared = (("libm.so.6", root / "libm.so.6"), ("libssl.so.3", root / "libssl.so.3"))
    assert parse_ldd(LDD) == Libraries("/lib64/ld-linux-x86-64.so.2", shared)


def test_a_missing_library_is_named() -> None:
    with pytest.raises(ImageError) as caught:
        parse_ldd(LDD + "\tlibnot.so.1 => not found\n")
    assert caught.value.why == "libnot.so.1"


def test_the_standard_library_is_trimmed() -> None:
    names = {name for name, _ in stdlib.find_sources(stdlib.source_directory())}
    assert {
        "os.py",
        "asyncio/events.py",
        "encodings/idna.py",
        "encodings/utf_8.py",
        "json/__init__.py",
    } <= names
    assert not [
        name for name in names if re.match(r"(test|idlelib|tkinter|ensurepip|site-packages|pydoc)\b", name)
    ]


def test_packages_bring_their_licences_and_no_sources_of_extensions() -> None:
    names = [name for name, _ in distributions.find_files()]
    assert "starlette/applications.py" in names
    assert [name for name in names if name.startswith("uvloop/loop.") and name.endswith(".so")]
    assert [name for name in names if "LICENSE" in name]
    assert not [name for name in names if name.endswith((".pyx", ".pyi", ".pxd", ".c"))]


def test_an_absent_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distributions, "NEEDED", ("no-such-distribution",))
    with pytest.raises(ImageError, match="no-such-distribution"):
        distributions.find_versions()


def test_another_processor_is_refused_with_both_names(tmp_path: Path) -> None:
    other = "linux/arm64" if rootfs.architecture() == "amd64" else "linux/amd64"
    nothing = rootfs.Sources(Path("/"), (), (), (), Libraries("", ()))
    with pytest.raises(ImageError) as caught:
        assembler.assemble_image(tmp_path, other, nothing, "")
    assert other in str(caught.value)
    assert rootfs.architecture() in str(caught.value)


def test_the_key_follows_the_servers_source(tmp_path: Path) -> None:
    def key(text: str) -> str:
        (tmp_path / "app.py").write_text(text)
        modules = (("/app/server/app.py", tmp_path / "app.py"),)
        return content_key(rootfs.Sources(tmp_path, modules, (), (), Libraries("", ())), "linux/amd64")

    assert key("a = 1") == key("a = 1")
    assert key("a = 1") != key("a = 2")


def test_stripping_keeps_what_a_loader_maps() -> None:
    program = Path("/proc/self/exe").read_bytes()
    stripped = elf.strip(program)
    assert elf.architecture(stripped) == elf.architecture(program) == rootfs.architecture()
    assert len(stripped) <= len(program)
    assert elf.strip(stripped) == stripped


def test_the_dockerfile_runs_it_in_the_same_way() -> None:
    text = (Path(rootfs.__file__).parents[2] / "Dockerfile").read_text()
    final = text.split("FROM scratch")[1]
    assert json.loads(re.findall(r"^ENTRYPOINT (.*)$", final, re.M)[0]) == list(rootfs.ENTRYPOINT)
    assert re.findall(r"^USER (.*)$", final, re.M) == [assembler.RUNTIME.user]
    assert tuple(re.findall(r"(\w+)=(\S+)", final.split("ENV")[1].split("USER")[0])) == rootfs.ENVIRONMENT
    assert "python -m epochctl.image /rootfs" in text
