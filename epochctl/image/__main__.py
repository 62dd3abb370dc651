"""`python -m epochctl.image DIRECTORY`: write the root filesystem there.

What the Dockerfile's builder stage runs.
"""

from __future__ import annotations

import sys
from pathlib import Path

from epochctl.errors import EpochctlError
from epochctl.image import entries, rootfs


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: python -m epochctl.image DIRECTORY")
    root = Path(sys.argv[1])
    try:
        root.mkdir(parents=True, exist_ok=True)
        entries.write(rootfs.assemble(rootfs.find_sources()), root)
    except EpochctlError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
