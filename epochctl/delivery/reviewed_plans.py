"""Reads the plans that `infra plan --save` or `ci reviewed` wrote."""

from __future__ import annotations

from pathlib import Path

from epochctl.command import Command
from epochctl.errors import SettingsError
from epochctl.tools.terraform.proposal import Proposal, read


def read_plans(path: Path) -> tuple[Proposal, ...]:
    """Return the plan in a file, or in every .json file of a folder; () if the path does not exist.

    Raises SettingsError if a file holds no plan.
    """
    paths = sorted(path.glob("*.json")) if path.is_dir() else [path] if path.exists() else []
    return tuple(_read(each) for each in paths)


def _read(path: Path) -> Proposal:
    try:
        return read(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"{path} is no saved plan", why=str(error), fix=Command("infra", "plan", "--save", "FILE")
        ) from error
