"""Files that travel with epochctl and are no Python: terraform, the chart, the Dockerfile, the dated tables.

In a checkout they stand beside the package; the wheel carries them inside it (pyproject.toml, force-include).
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = _PACKAGE / "files"


def find(name: str) -> Path:
    """The file or folder of that name, such as terraform or charts/epoch. Changes nothing."""
    return (_INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent) / name
