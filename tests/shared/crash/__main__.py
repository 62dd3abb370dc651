"""`bin/crash-matrix`: which cells, in which form, for how long; the table on stdout, progress on stderr."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from sandboxed import world

from crash.cell import FORMS, Cell
from crash.chain import chain, unmet
from crash.full import COMMANDS, Full, wanted
from crash.killing import CRASHES, KILLS
from crash.moments import DOWN, SHORT, TELLING, UP, Moment, named


def main(arguments: Sequence[str] | None = None) -> int:
    """0: every cell is good."""
    options = _parser().parse_args(arguments)
    moments = named(UP + DOWN, options.only) if options.only or options.full or options.list else SHORT
    if options.list:
        sys.stdout.write("\n".join(map(str, moments)) + "\n")
        return 0
    kills = tuple(options.kill or ([kill for _, kill in TELLING] if moments is SHORT else CRASHES))
    cells = _measured(options, moments, kills)
    sys.stdout.write(FORMS[options.output](cells) + "\n")
    _say_missing(moments, cells)
    return 0 if all(cell.good for cell in cells) else 1


def _measured(options: argparse.Namespace, moments: Sequence[Moment], kills: Sequence[str]) -> list[Cell]:
    over = _alarm(options.minutes)
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as stack:
        directory = options.keep or Path(temporary)
        directory.mkdir(exist_ok=True)
        sandbox = stack.enter_context(world(directory, "crash-matrix"))
        if not options.full:
            return chain(sandbox, moments[: options.limit], kills, over, _say, options.rounds)
        full = Full(sandbox, over, _say)
        for _ in full.measure(wanted(moments, kills, options.then or COMMANDS)[: options.limit]):
            if options.output == "json":
                _say(f"{len(full.cells)} cells")
        return full.cells


def _alarm(minutes: float | None) -> Callable[[], bool]:
    end = time.monotonic() + (minutes or 1e6) * 60
    return lambda: time.monotonic() > end


def _say(line: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {line}\n")


def _say_missing(moments: Sequence[Moment], cells: Sequence[Cell]) -> None:
    if missing := [str(moment) for moment in unmet(moments, cells)]:
        _say(f"not measured, {len(missing)} of {len(moments)} events: {'; '.join(missing)}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bin/crash-matrix",
        description="kill -9 epochctl after each event of `up` and `down`, run it again, and look.",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--chain",
        action="store_true",
        help="one world, killed one event further each time, after the characteristic events (the default)",
    )
    form.add_argument("--full", action="store_true", help="each event from an empty account")
    parser.add_argument("--only", metavar="REGEX", default="", help="all events whose name has this in it")
    parser.add_argument(
        "--rounds", metavar="N", type=int, default=1, help="begin again, with what was not met, so many times"
    )
    parser.add_argument("--limit", metavar="N", type=int, help="the first N events, or cells of --full")
    parser.add_argument("--minutes", metavar="M", type=float, help="begin nothing more after M minutes")
    parser.add_argument("--kill", action="append", choices=KILLS, help="instead of the usual ones")
    parser.add_argument(
        "--then", action="append", choices=COMMANDS, help="what --full runs after a kill, instead of both"
    )
    parser.add_argument("--keep", metavar="DIR", type=Path, help="the project, and what each run said")
    parser.add_argument("--list", action="store_true", help="print the events, and run nothing")
    parser.add_argument("-o", "--output", choices=FORMS, default="text")
    return parser


if __name__ == "__main__":
    sys.exit(main())
