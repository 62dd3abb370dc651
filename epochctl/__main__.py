"""Where the program begins. Bare help and version are answered from data: Typer costs ten times more."""

from __future__ import annotations

import sys

HELP: tuple[list[str], ...] = ([], ["--help"], ["-h"], ["help"])


def main() -> None:
    """Run the command line in sys.argv."""
    arguments = sys.argv[1:]
    if _completing():
        return _run(arguments)
    if arguments in HELP:
        return _answer(_help())
    if arguments == ["--version"]:
        from epochctl import __version__

        return _answer(f"epochctl {__version__}\n")
    return _run(arguments)


def _run(arguments: list[str]) -> None:
    try:
        from epochctl.cli.app import run
    except KeyboardInterrupt:  # nothing has begun, and nothing listens to signals yet
        sys.exit(130)
    sys.exit(run(arguments))


def _answer(text: str) -> None:
    sys.stdout.write(text)


def _help() -> str:
    """What Typer says to `epochctl --help`; a test compares the two."""
    with open(__file__.rpartition("__main__")[0] + "cli/help.txt", encoding="utf-8") as file:
        return file.read()


def _completing() -> bool:
    import os

    return "_EPOCHCTL_COMPLETE" in os.environ


if __name__ == "__main__":
    main()
