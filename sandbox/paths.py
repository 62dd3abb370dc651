"""Directories of a sandbox instance, as one frozen value."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

REGION = "us-west-2"  # the default region of clients


def cache_directory() -> Path:
    """What `prepare` made: $EPOCH_SANDBOX_CACHE, else $XDG_CACHE_HOME/epochctl-sandbox, else ~/.cache/..."""
    explicit = os.environ.get("EPOCH_SANDBOX_CACHE")
    if explicit:
        return Path(explicit)
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "epochctl-sandbox"


@dataclass(frozen=True)
class Paths:
    """Directories of one sandbox instance.

    state: on disk, visible from outside (logs, ready.json); live: a tmpfs that ends with the instance.
    """

    state: Path
    bin: Path
    registry: Path
    charts: Path
    authority: Path

    @property
    def live(self) -> Path:
        return self.state / "live"

    @property
    def logs(self) -> Path:
        return self.state / "logs"

    @property
    def ca_bundle(self) -> Path:
        """The CA certificate of the sandbox, PEM."""
        return self.authority / "ca.crt"

    def environment(self) -> dict[str, str]:
        """Return the variables of the instance's processes: its CA, its binaries, no proxy."""
        python = os.path.dirname(sys.executable)
        return {
            "PATH": f"{self.bin}:{python}:{os.environ.get('PATH', '')}:/usr/sbin:/sbin",
            "SSL_CERT_FILE": str(self.ca_bundle),
            "HOME": str(self.live),
        }
