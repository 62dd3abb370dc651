"""A program of its own.

Compiles the modules listed on standard input, in order, in a process where nothing else has happened. What
the interpreter has seen before decides which constants a compiled file shares, so only a fresh process with a
fixed hash seed makes the same bytes each time. Imports nothing from epochctl. Input: JSON list of [source,
target, path in the image].
"""

from __future__ import annotations

import json
import py_compile
import sys


def main() -> None:
    for source, target, name in json.load(sys.stdin):
        # optimize=2: doc strings are a seventh of what is compiled, and nobody reads them in there.
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        py_compile.compile(source, target, name, doraise=True, invalidation_mode=mode, optimize=2)


if __name__ == "__main__":
    main()
