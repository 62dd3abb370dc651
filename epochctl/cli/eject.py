"""`epochctl eject`: terraform, chart, server, Dockerfile as the user's own files, used from then on.

They are written down in epochctl.toml, section [ejected]: a line less there is the way back.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(rich_markup_mode=None, add_completion=False)

SECTION = "[ejected]"
REASON = "made by `epochctl eject`, of epochctl {version}; without a line epochctl's own is used again"


@app.command()
def eject(
    ctx: typer.Context,
    parts: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PART]...", help="terraform, chart, server, dockerfile; or all."),
    ] = None,
) -> None:
    """Copy terraform, chart, server and Dockerfile here, to own and to change them.

    What is copied is used from then on. Overwrites nothing. The way back: take the line out of [ejected] in
    epochctl.toml, and remove the files.
    """
    from epochctl import files

    directory: Path = ctx.obj.directory
    chosen = tuple(dict.fromkeys(parts or files.PARTS))
    toml = directory / "epochctl.toml"
    text = toml.read_text(encoding="utf-8") if toml.exists() else ""
    _check(directory, chosen, text)
    for part in chosen:
        _copy(files.find(files.PARTS[part]), directory / files.PARTS[part])
        typer.echo(f"wrote {directory / files.PARTS[part]}")
    toml.write_text(noted(text, chosen), encoding="utf-8")
    typer.echo(f"wrote {toml}: they are used from now on")
    typer.echo(f"Back: take the lines out of {SECTION} in {toml.name}, and remove the files")


def noted(text: str, parts: tuple[str, ...]) -> str:
    """epochctl.toml with a line for each part in its section."""
    from epochctl import __version__, files

    added = "".join(f'{part} = "{files.PARTS[part]}"\n' for part in parts)
    before, header, after = text.partition(f"\n{SECTION}")
    if not header:
        gap = "\n" if text else ""
        return f"{text}{gap}{SECTION}  # {REASON.format(version=__version__)}\n{added}"
    rest, newline, following = after.partition("\n")
    return f"{before}{header}{rest}{newline or chr(10)}{added}{following}"


def _check(directory: Path, parts: tuple[str, ...], text: str) -> None:
    """Raises SettingsError, before anything is written, for a word that is none or a file that is there."""
    import tomllib

    from epochctl import files
    from epochctl.errors import SettingsError

    unknown = [part for part in parts if part not in files.PARTS]
    if unknown:
        there = ", ".join(files.PARTS)
        raise SettingsError(f"there is no part {unknown[0]}", why=f"there are {there}", fix="epochctl eject")
    try:
        owned = set(tomllib.loads(text).get("ejected", {}))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError("epochctl.toml is not valid TOML", why=str(error), fix="correct it") from error
    taken = [files.PARTS[part] for part in parts if part in owned or (directory / files.PARTS[part]).exists()]
    if taken:
        others = " ".join(part for part in files.PARTS if files.PARTS[part] not in taken)
        raise SettingsError(
            f"{', '.join(taken)} would be overwritten",
            why="it is there already; nothing was written",
            fix=f"move it away and eject again{f', or epochctl eject {others}' if others else ''}",
        )


def _copy(source: Path, target: Path) -> None:
    import shutil

    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_file():
        shutil.copyfile(source, target)
    else:
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", ".terraform"))
