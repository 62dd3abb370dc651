"""Files that travel with epochctl and are no Python: terraform, the chart, the Dockerfile, the dated tables.

In a checkout they stand beside the package; the wheel carries them inside it (pyproject.toml, force-include).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
_INSTALLED = _PACKAGE / "files"

# What a user may own instead (`epochctl eject`): its name in the settings, and where it stands.
PARTS: Mapping[str, str] = {
    "terraform": "terraform",
    "chart": "charts/epoch",
    "server": "server",
    "dockerfile": "Dockerfile",
}


def find(name: str) -> Path:
    """The file or folder of that name, such as terraform or charts/epoch. Changes nothing."""
    inside = _INSTALLED / name
    return inside if inside.exists() else _PACKAGE.parent / name
