"""Files of the distribution that are not Python: terraform, the chart, the Dockerfile, the dated tables.

In a checkout they are beside the package; the wheel carries them inside it (pyproject.toml, force-include).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
_INSTALLED = _PACKAGE / "files"

# What `epochctl eject` copies out: its name in the settings, and its path.
PARTS: Mapping[str, str] = {
    "terraform": "terraform",
    "chart": "charts/epoch",
    "server": "server",
    "dockerfile": "Dockerfile",
}


def find(name: str) -> Path:
    """Return the path of a file or folder, such as terraform or charts/epoch."""
    inside = _INSTALLED / name
    return inside if inside.exists() else _PACKAGE.parent / name
