"""Commands inside messages: values that the line which shows them completes with its own options."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

_START, _START_ALL, _END = "\x02", "\x01", "\x03"  # around a command's text; never shown
_MARKED = re.compile(f"([{_START}{_START_ALL}])(.*?){_END}", re.S)


class Command(str):
    """A command that a message tells the reader to type, such as Command("up", "--region", region)."""

    __slots__ = ()
    program = "epochctl"
    start = _START

    def __new__(cls, *words: str) -> Command:
        return super().__new__(cls, f"{cls.start}{shlex.join((cls.program, *words))}{_END}")


class AllRegionsCommand(Command):
    """A command for every region: it does not take over the line's --region."""

    __slots__ = ()
    start = _START_ALL


class Kubectl(Command):
    """A kubectl command for the environment's cluster."""

    __slots__ = ()
    program = "kubectl"


def render(text: str, complete: Callable[[str, bool], str]) -> str:
    """Return the text with each command replaced by `complete(command, whether it is for all regions)`."""
    return _MARKED.sub(lambda found: complete(found[2], found[1] == _START_ALL), text)


def plain(text: str) -> str:
    """Return the text with its commands as they are, for a file or a test."""
    return render(text, lambda command, all_regions: command)
