"""The commands in the project's markdown files: which there are, and which a test runs in the sandbox.

Knows markdown's code (indented, fenced, in line) and a shell's words; runs nothing.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GENERATED = {"docs/cli.md"}  # what --help prints; a test of its own compares it
PROGRAMS = ("epochctl", "epoch-sandbox")
MARK = re.compile(r"^\s*<!-- run(?:: (?P<how>\w+))? -->$")
BY_HAND = re.compile(r"^\s*<!-- by hand: (?P<line>.+) -->$")
SEPARATORS = {"&&", "||", ";", "|", "&", ">", ">>", "(", ")", "`"}


@dataclass(frozen=True)
class Command:
    """A command line as it is written. words: from the program on."""

    place: str
    line: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Block:
    """Lines to run in order. last: after every other block; code: what the last of them ends with."""

    place: str
    lines: tuple[str, ...]
    last: bool = False
    code: int = 0

    @property
    def page(self) -> str:
        return self.place.partition(":")[0]


def pages() -> list[Path]:
    """Every page that people wrote."""
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / ".github").rglob("*.md")]
    return sorted(path for path in found if str(path.relative_to(ROOT)) not in GENERATED)


def commands(path: Path) -> Iterator[Command]:
    """Every call of our programs on the page, in code lines and in `code`."""
    for number, line in _code(path.read_text(encoding="utf-8")):
        place = f"{path.relative_to(ROOT)}:{number}"
        for words in _calls(line):
            yield Command(place, line.strip(), words)


def blocks(path: Path) -> Iterator[Block]:
    """The marked blocks: `<!-- run -->`, an empty line, code lines up to one that is none; and what a reader
    does by hand (an editor, a form), in a comment, as a command: `<!-- by hand: sed ... -->`.

    `<!-- run: last -->`: after all other pages; `<!-- run: 12 -->`: it ends with that exit code.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        place = f"{path.relative_to(ROOT)}:{number + 1}"
        mark, hand = MARK.match(line), BY_HAND.match(line)
        if hand:
            yield Block(place, (hand["line"],))
        elif mark:
            found = tuple(_indented(lines[number + 2 :]))
            assert found, f"{place}: no code follows the mark"
            how = mark["how"] or ""
            yield Block(place, found, how == "last", int(how) if how.isdigit() else 0)


def _indented(lines: list[str]) -> Iterator[str]:
    for line in lines:
        if not line.startswith("    "):
            return
        yield line.strip()


def _code(text: str) -> Iterator[tuple[int, str]]:
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            yield number, line
        else:
            for piece in re.findall(r"`([^`]+)`", line):
                yield number, piece


def _calls(line: str) -> Iterator[tuple[str, ...]]:
    """`$(...)` is a call of its own; a pipe, `&&` or `#` ends one."""
    for inner in re.findall(r"\$\(([^)]*)\)", line):
        yield from _calls(inner)
    rest = re.sub(r"\$\([^)]*\)", "X", line)
    try:
        lexer = shlex.shlex(rest, posix=True, punctuation_chars="();<>|&")
        lexer.whitespace_split, lexer.commenters = True, "#"
        words = list(lexer)
    except ValueError:  # an apostrophe in prose that is indented
        return
    call: list[str] = []
    for word in [*words, ";"]:
        if word in SEPARATORS:
            yield from _of_ours(call)
            call = []
        else:
            call.append(word)


def _of_ours(words: list[str]) -> Iterator[tuple[str, ...]]:
    """The call without what stands before the program: variables, a prompt; `exec -- epochctl` is two."""
    for index, word in enumerate(words):
        program = word.rpartition("/")[2]
        before = words[:index]
        if program in PROGRAMS and all("=" in one or one in ("$", "--") for one in before[-1:]):
            yield (program, *words[index + 1 :])
