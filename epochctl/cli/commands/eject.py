"""`epochctl eject`: terraform, chart, server, Dockerfile as the user's own files, used from then on.

They are written down in epochctl.toml, section [ejected]: its lines less there are the way back.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from epochctl.cli.options import Globals
    from epochctl.config.ejected import EjectedPart

app = typer.Typer(rich_markup_mode=None, add_completion=False)

SECTION = "[ejected]"
REASON = "made by `epochctl eject`; without a part's lines epochctl's own is used again"


@app.command()
def eject(
    ctx: typer.Context,
    parts: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PART]...", help="terraform, chart, server, dockerfile; or all."),
    ] = None,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show how yours differ from this epochctl's; write nothing.")
    ] = False,
) -> None:
    """Copy terraform, chart, server and Dockerfile here, to own and to change them.

    What is copied is used from then on. Overwrites nothing. The way back: take its lines out of [ejected] in
    epochctl.toml, and remove the files. `epochctl doctor` tells when a later epochctl has others.
    """
    from epochctl.config import package_files

    chosen = tuple(dict.fromkeys(parts or ()))
    _refuse_unknown(chosen)
    if diff:
        return _show_differences(ctx.obj, chosen)
    directory: Path = ctx.obj.directory
    chosen = chosen or tuple(package_files.PARTS)
    toml = directory / "epochctl.toml"
    text = toml.read_text(encoding="utf-8") if toml.exists() else ""
    _refuse_taken(directory, chosen, text)
    for part in chosen:
        _copy(package_files.find(package_files.PARTS[part]), directory / package_files.PARTS[part])
        typer.echo(f"wrote {directory / package_files.PARTS[part]}")
    toml.write_text(noted(text, chosen), encoding="utf-8")
    typer.echo(f"wrote {toml}: they are used from now on")
    typer.echo(f"Back: take the lines out of {SECTION} in {toml.name}, and remove the files")


def noted(text: str, parts: tuple[str, ...]) -> str:
    """epochctl.toml with its lines for each part in its section."""
    from epochctl import __version__
    from epochctl.config import package_files

    added = "".join(
        f'{part} = "{package_files.PARTS[part]}"\n{part}_from = "{__version__}"  # of epochctl\n'
        for part in parts
    )
    before, header, after = text.partition(f"\n{SECTION}")
    if not header:
        gap = "\n" if text else ""
        return f"{text}{gap}{SECTION}  # {REASON}\n{added}"
    rest, newline, following = after.partition("\n")
    return f"{before}{header}{rest}{newline or chr(10)}{added}{following}"


def _show_differences(options: Globals, chosen: tuple[str, ...]) -> None:
    """As a patch from the user's own to ours, which `patch` or `git apply` would bring in."""
    from epochctl.config import ejected
    from epochctl.errors import NotFoundError

    settings = options.settings()
    mine = {one.part: one for one in ejected.parts(settings)}
    shown = chosen or tuple(mine)
    strange = [part for part in shown if part not in mine]
    if strange or not shown:
        what = f"{strange[0]} is not ejected" if strange else "nothing is ejected"
        raise NotFoundError(what, why=f"{SECTION} has no line for it", fix="epochctl eject")
    for part in shown:
        for line in ejected.difference(settings, part):
            typer.echo(line)
        typer.echo(f"{part}: {_state(mine[part])}", err=True)


def _state(one: EjectedPart) -> str:
    if not one.differing_files:
        return "as this epochctl has it"
    return f"{len(one.differing_files)} files differ; {one.version_text}"


def _refuse_unknown(parts: tuple[str, ...]) -> None:
    from epochctl.config import package_files
    from epochctl.errors import SettingsError

    unknown = [part for part in parts if part not in package_files.PARTS]
    if unknown:
        there = ", ".join(package_files.PARTS)
        raise SettingsError(f"there is no part {unknown[0]}", why=f"there are {there}", fix="epochctl eject")


def _refuse_taken(directory: Path, parts: tuple[str, ...], text: str) -> None:
    """Raises SettingsError, before anything is written, for what is there."""
    import tomllib

    from epochctl import __version__
    from epochctl.config import package_files
    from epochctl.errors import SettingsError

    try:
        ejected = tomllib.loads(text).get("ejected", {})
    except tomllib.TOMLDecodeError as error:
        raise SettingsError("epochctl.toml is not valid TOML", why=str(error), fix="correct it") from error
    taken = [part for part in parts if part in ejected or (directory / package_files.PARTS[part]).exists()]
    if not taken:
        return
    others = " ".join(part for part in package_files.PARTS if part not in taken)
    ours = {part: ejected.get(f"{part}_from", "?") for part in taken if part in ejected}
    origins = ", ".join(f"{part} of epochctl {origin}" for part, origin in ours.items())
    copied = f"\nit was ejected: {origins}; this is {__version__}" if ours else ""
    look = f"epochctl eject --diff {' '.join(ours)}; " if ours else ""
    raise SettingsError(
        f"{', '.join(package_files.PARTS[part] for part in taken)} would be overwritten",
        why=f"it is there already; nothing was written{copied}",
        fix=f"{look}move it away and eject again{f', or epochctl eject {others}' if others else ''}",
    )


def _copy(source: Path, target: Path) -> None:
    import shutil

    from epochctl.config.ejected import LEFT_OUT

    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_file():
        shutil.copyfile(source, target)
    else:
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(*LEFT_OUT))
