"""Programs that this machine has already: in a directory that the user names, or on PATH.

They are linked, not copied.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from sandbox.preparation.programs import Program, format_version

# The first is for any program of the sandbox. The second is the convention of envtest for the control plane.
VARIABLES = ("EPOCH_SANDBOX_ASSETS", "KUBEBUILDER_ASSETS")


def configured_directories() -> dict[str, str]:
    """The variables that name directories, as they are set: another setting means looking again."""
    return {name: os.environ[name] for name in VARIABLES if os.environ.get(name)}


def link(programs: Iterable[Program], directory: Path, report: Callable[[str], None]) -> list[Program]:
    """Link what is found into `directory`, in place of earlier links; return what was not found."""
    missing = []
    for program in programs:
        target = directory / program.name
        if target.is_symlink():
            target.unlink()
        source = find(program, report)
        if source is None:
            missing.append(program)
            continue
        target.unlink(missing_ok=True)
        target.symlink_to(source)
        report(f"{program.name}: {source}")
    return missing


def find(program: Program, report: Callable[[str], None]) -> Path | None:
    """Return the path of the program, or None. A named directory wins over PATH.

    A program of a wrong version in a named directory is reported.
    """
    for variable, directory in configured_directories().items():
        for path in _executables(program.name, [directory]):
            if not program.version_arguments or program.admits(program.version(path)):
                return path
            report(
                f"{path} ({variable}) is not used: needed is {program.version_range()}, "
                f"it is {_version_text(program, path)}"
            )
    if not program.version_arguments:
        return None
    on_path = _executables(program.name, os.environ.get("PATH", os.defpath).split(os.pathsep))
    return next((path for path in on_path if program.admits(program.version(path))), None)


def _version_text(program: Program, path: Path) -> str:
    version = program.version(path)
    return format_version(version) if version else "of no version that it would tell"


def _executables(name: str, directories: Iterable[str]) -> Iterator[Path]:
    for directory in dict.fromkeys(directories):
        path = Path(directory or ".").absolute() / name
        if path.is_file() and os.access(path, os.X_OK):
            yield path
