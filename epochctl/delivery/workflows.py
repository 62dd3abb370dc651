"""The workflow files of a repository, rendered from templates. Actions are pinned to commits."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from epochctl import __version__
from epochctl.config import versions
from epochctl.config.settings import Settings

FOLDER = Path(".github/workflows")
NAMES = ("plan", "deploy", "down", "drift")
_TEMPLATES = Path(__file__).with_name("workflows")
_STEPS = ("INSTALL", "TERRAFORM", "HELM")
_PLACEHOLDER = re.compile(r"@([A-Z_]+)@")

# A tag can be moved to other code; a commit cannot.
ACTIONS = {
    "CHECKOUT": "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1",
    "UPLOAD": "actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f # v7.0.0",
    "DOWNLOAD": "actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1",
    "CREDENTIALS": "aws-actions/configure-aws-credentials@e6de054238d6b7531b4efff3b6587d9aade6a06c # v6.2.3",
    "SETUP_TERRAFORM": "hashicorp/setup-terraform@dfe3c3f87815947d99a8997f908cb6525fc44e9e # v4.0.1",
}


@dataclass(frozen=True)
class WorkflowFile:
    """A workflow file. text: as it should be; current: as it is in the repository, None if missing."""

    path: Path
    text: str
    current: str | None

    @property
    def is_modified(self) -> bool:
        """Return whether the file exists with another text."""
        return self.current is not None and self.current != self.text

    def diff(self) -> str:
        """Return a unified diff from the current text to the one that it should have."""
        old, new = (self.current or "").splitlines(), self.text.splitlines()
        path = str(self.path)
        return "\n".join(unified_diff(old, new, path, f"{path} (epochctl ci init)", lineterm=""))


def role_name(settings: Settings, kind: str) -> str:
    """Return the name that terraform/ci gives a role. kind: plan or deploy."""
    return f"{settings.full_name}-ci-{kind}"


def workflow_files(settings: Settings, directory: Path, account: str) -> tuple[WorkflowFile, ...]:
    """Return every workflow of this environment. directory: the root of the repository."""
    values = _values(settings, account)
    return tuple(_file(directory, settings.environment, name, values) for name in NAMES)


def _file(directory: Path, environment: str, name: str, values: Mapping[str, str]) -> WorkflowFile:
    path = FOLDER / f"epochctl-{name}-{environment}.yml"
    target = directory / path
    current = target.read_text(encoding="utf-8") if target.exists() else None
    return WorkflowFile(path, render(name, values), current)


def render(name: str, values: Mapping[str, str]) -> str:
    """Return a template with its @PLACEHOLDERS@ filled in.

    A placeholder that is alone on its line may have a value of several lines, which are indented alike.
    """
    text = (_TEMPLATES / f"{name}.yml").read_text(encoding="utf-8")
    lines = list[str]()
    for line in text.splitlines():
        alone = re.fullmatch(r"( *)@([A-Z_]+)@", line)
        if alone is None:
            lines.append(_PLACEHOLDER.sub(lambda found: values[found[1]], line))
            continue
        inserted = render(alone[2].lower(), values) if alone[2] in _STEPS else values[alone[2]]
        lines += [f"{alone[1]}{one}" if one else "" for one in inserted.splitlines()]
    return "\n".join(lines) + "\n"


def _values(settings: Settings, account: str) -> dict[str, str]:
    tools = versions.tools()
    roles = {kind: f"arn:aws:iam::{account}:role/{role_name(settings, kind)}" for kind in ("plan", "deploy")}
    return {
        **ACTIONS,
        "ENVIRONMENT": settings.environment,
        "FULL_NAME": settings.full_name,
        "TRUNK": json.dumps(settings.ci.trunk),  # JSON quoting is valid YAML
        "SOURCE": json.dumps(settings.ci.source or f"epochctl=={__version__}"),
        "TEST": settings.ci.test or 'echo "no tests: [ci] test in epochctl.toml"',
        "REGION": settings.home,
        "PLAN_ROLE": roles["plan"],
        "DEPLOY_ROLE": roles["deploy"],
        "TERRAFORM_VERSION": tools["terraform"].version,
        "HELM_VERSION": tools["helm"].version,
        "CRON": f"{zlib.crc32(settings.full_name.encode()) % 60} 3 * * *",  # spread over the hour
    }
