"""`eject`: copies terraform, chart, server and Dockerfile to the user's directory, to be used from there.

epochctl.toml lists them in its section [ejected]; without those lines epochctl uses its own files again.
"""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

from epochctl import __version__
from epochctl.command import Command
from epochctl.config import ejected
from epochctl.config.ejected import LEFT_OUT, EjectedPart
from epochctl.config.package_files import PARTS, find
from epochctl.config.settings import Settings
from epochctl.errors import NotFoundError, SettingsError

SECTION = "[ejected]"
REASON = "made by `epochctl eject`; without a part's lines epochctl's own is used again"


def eject(directory: Path, parts: tuple[str, ...]) -> tuple[str, ...]:
    """Copy the parts (all if empty) into the directory; return what was written, a line each.

    Raises SettingsError, before anything is written, for an unknown part or one that exists already.
    """
    chosen = _known(parts) or tuple(PARTS)
    toml = directory / "epochctl.toml"
    text = toml.read_text(encoding="utf-8") if toml.exists() else ""
    _refuse_existing(directory, chosen, text)
    for part in chosen:
        _copy(find(PARTS[part]), directory / PARTS[part])
    toml.write_text(with_parts(text, chosen), encoding="utf-8")
    return (
        *(f"wrote {directory / PARTS[part]}" for part in chosen),
        f"wrote {toml}: they are used from now on",
        f"Back: take the lines out of {SECTION} in {toml.name}, and remove the files",
    )


def differences(settings: Settings, parts: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Yield (part, patch, state) of each ejected part; the patch brings in this epochctl's changes."""
    mine = {one.part: one for one in ejected.parts(settings)}
    shown = _known(parts) or tuple(mine)
    missing = [part for part in shown if part not in mine]
    if missing or not shown:
        what = f"{missing[0]} is not ejected" if missing else "nothing is ejected"
        raise NotFoundError(what, why=f"{SECTION} has no line for it", fix=Command("eject"))
    for part in shown:
        yield part, tuple(ejected.difference(settings, part)), _state(mine[part])


def with_parts(text: str, parts: tuple[str, ...]) -> str:
    """Return the text of epochctl.toml with the lines of each part in its section."""
    added = "".join(
        f'{part} = "{PARTS[part]}"\n{part}_from = "{__version__}"  # of epochctl\n' for part in parts
    )
    before, header, after = text.partition(f"\n{SECTION}")
    if not header:
        gap = "\n" if text else ""
        return f"{text}{gap}{SECTION}  # {REASON}\n{added}"
    rest, newline, following = after.partition("\n")
    return f"{before}{header}{rest}{newline or chr(10)}{added}{following}"


def _state(one: EjectedPart) -> str:
    if not one.differing_files:
        return "as this epochctl has it"
    return f"{len(one.differing_files)} files differ; {one.version_text}"


def _known(parts: tuple[str, ...]) -> tuple[str, ...]:
    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        known = ", ".join(PARTS)
        raise SettingsError(f"there is no part {unknown[0]}", why=f"there are {known}", fix=Command("eject"))
    return parts


def _refuse_existing(directory: Path, parts: tuple[str, ...], text: str) -> None:
    try:
        section = tomllib.loads(text).get("ejected", {})
    except tomllib.TOMLDecodeError as error:
        raise SettingsError("epochctl.toml is not valid TOML", why=str(error), fix="correct it") from error
    taken = [part for part in parts if part in section or (directory / PARTS[part]).exists()]
    if not taken:
        return
    others = [part for part in PARTS if part not in taken]
    copied = {part: section.get(f"{part}_from", "?") for part in taken if part in section}
    origins = ", ".join(f"{part} of epochctl {origin}" for part, origin in copied.items())
    why = f"\nit was ejected: {origins}; this is {__version__}" if copied else ""
    rest = f", or {Command('eject', *others)}" if others else ""
    look = f"{Command('eject', '--diff', *copied)}; " if copied else ""
    raise SettingsError(
        f"{', '.join(PARTS[part] for part in taken)} would be overwritten",
        why=f"it is there already; nothing was written{why}",
        fix=f"{look}move it away and eject again{rest}",
    )


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_file():
        shutil.copyfile(source, target)
    else:
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(*LEFT_OUT))
