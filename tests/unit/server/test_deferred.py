"""A module that comes later is the module, only later."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def run(directory: Path, program: str) -> str:
    """In a process of its own: what is imported is a process' affair."""
    (directory / "late").mkdir()
    (directory / "late" / "__init__.py").write_text("print('package runs')\nfrom late.part import name\n")
    (directory / "late" / "part.py").write_text("print('part runs')\nname = 'told'\n")
    start = "import sys; from server.deferred import defer; defer('late'); "
    argv = [sys.executable, "-c", start + f"sys.path.insert(0, {str(directory)!r}); " + program]
    root = Path(__file__).parents[3]
    ended = subprocess.run(argv, cwd=root, capture_output=True, text=True, timeout=30)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_it_does_not_run_when_it_is_imported(tmp_path: Path) -> None:
    assert run(tmp_path, "import late") == ""


def test_it_runs_when_it_is_asked(tmp_path: Path) -> None:
    assert run(tmp_path, "import late; print(late.name, late.name)") == "package runs\npart runs\ntold told\n"


def test_a_name_taken_from_it_is_the_real_one(tmp_path: Path) -> None:
    assert run(tmp_path, "from late import name; print(name)") == "package runs\npart runs\ntold\n"


def test_its_parts_do_not_need_it(tmp_path: Path) -> None:
    assert run(tmp_path, "import late.part; print(late.part.name)") == "part runs\ntold\n"


def test_what_it_has_not_it_has_not(tmp_path: Path) -> None:
    assert run(tmp_path, "import late; print(hasattr(late, 'nothing'))").endswith("False\n")
