"""Plans for review: saved with what they depend on, and read again for a run that may apply nothing else.

Knows no command's meaning.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from epochctl.config.settings import Settings
    from epochctl.steps.infra_up import Reviewed
    from epochctl.tools.terraform import Proposal

ReviewedPlans = Annotated[
    Path | None,
    typer.Option(
        "--reviewed",
        metavar="PATH",
        help="Apply no plan but these: a file of `infra plan --save`, or a folder of them.",
        show_default=False,
    ),
]


def load(settings: Settings, path: Path | None) -> Reviewed | None:
    """What may be applied; None where everything may."""
    from epochctl.delivery.reviewed_plans import read_plans
    from epochctl.errors import SettingsError
    from epochctl.steps.infra_up import Reviewed

    if path is None:
        return None
    if not path.exists():
        raise SettingsError(f"there is no {path}", fix="epochctl infra plan --save, or epochctl ci reviewed")
    return Reviewed(read_plans(path), tuple((one, inputs(settings, one)) for one in settings.regions))


def save(settings: Settings, proposal: Proposal, path: Path) -> None:
    """Write the plan down with the files that it was made of. path: a .json file, or a folder."""
    from epochctl.tools.git import Git

    commit = Git(settings.directory).head()
    whole = replace(proposal, commit=commit, inputs=inputs(settings, proposal.region))
    path = path if path.suffix == ".json" else path / f"{proposal.region}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(whole.written(), encoding="utf-8")


def inputs(settings: Settings, region: str) -> str:
    """A digest of the files that the region's plan depends on; "" outside of git."""
    from epochctl.delivery.affected_regions import path_rules
    from epochctl.tools.git import Git

    git = Git(settings.directory)
    return path_rules(settings).digest(git.blobs(), region) if git.root() else ""
