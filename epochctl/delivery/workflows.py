"""The workflows of a repository, written from templates: which files there should be and what stands in them.

Knows the actions that they use, by the commit that was looked at; nothing of git and of who runs them.
"""

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
_WORD = re.compile(r"@([A-Z_]+)@")

# A tag can be moved to other code; a commit cannot.
ACTIONS = {
    "CHECKOUT": "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1",
    "UPLOAD": "actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f # v7.0.0",
    "DOWNLOAD": "actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1",
    "CREDENTIALS": "aws-actions/configure-aws-credentials@e6de054238d6b7531b4efff3b6587d9aade6a06c # v6.2.3",
    "SETUP_TERRAFORM": "hashicorp/setup-terraform@dfe3c3f87815947d99a8997f908cb6525fc44e9e # v4.0.1",
}


@dataclass(frozen=True)
class File:
    """A file as it should be, beside what is there. present: None where there is none."""

    path: Path
    text: str
    present: str | None

    @property
    def changed(self) -> bool:
        """Whether something else stands there."""
        return self.present is not None and self.present != self.text

    def difference(self) -> str:
        """From what is there to what should be."""
        old, new = (self.present or "").splitlines(), self.text.splitlines()
        path = str(self.path)
        return "\n".join(unified_diff(old, new, path, f"{path} (epochctl ci init)", lineterm=""))


def role_name(settings: Settings, kind: str) -> str:
    """Of the role that workflows take. kind: plan or deploy; terraform/ci makes it under this name."""
    return f"{settings.full_name}-ci-{kind}"


def files(settings: Settings, directory: Path, account: str) -> tuple[File, ...]:
    """Every workflow of this environment. directory: the repository's root."""
    words = _words(settings, account)
    return tuple(_file(directory, settings.environment, name, words) for name in NAMES)


def _file(directory: Path, environment: str, name: str, words: Mapping[str, str]) -> File:
    path = FOLDER / f"epochctl-{name}-{environment}.yml"
    there = directory / path
    present = there.read_text(encoding="utf-8") if there.exists() else None
    return File(path, render(name, words), present)


def render(name: str, words: Mapping[str, str]) -> str:
    """A template with its words. A word alone on its line may be several lines, each as far to the right."""
    text = (_TEMPLATES / f"{name}.yml").read_text(encoding="utf-8")
    lines = list[str]()
    for line in text.splitlines():
        alone = re.fullmatch(r"( *)@([A-Z_]+)@", line)
        if alone is None:
            lines.append(_WORD.sub(lambda found: words[found[1]], line))
            continue
        inserted = render(alone[2].lower(), words) if alone[2] in _STEPS else words[alone[2]]
        lines += [f"{alone[1]}{one}" if one else "" for one in inserted.splitlines()]
    return "\n".join(lines) + "\n"


def _words(settings: Settings, account: str) -> dict[str, str]:
    tools = versions.tools()
    roles = {kind: f"arn:aws:iam::{account}:role/{role_name(settings, kind)}" for kind in ("plan", "deploy")}
    return {
        **ACTIONS,
        "ENVIRONMENT": settings.environment,
        "FULL_NAME": settings.full_name,
        "TRUNK": json.dumps(settings.ci.trunk),  # quoted as YAML wants it, whatever is in it
        "SOURCE": json.dumps(settings.ci.source or f"epochctl=={__version__}"),
        "TEST": settings.ci.test or 'echo "no tests: [ci] test in epochctl.toml"',
        "REGION": settings.home,
        "PLAN_ROLE": roles["plan"],
        "DEPLOY_ROLE": roles["deploy"],
        "TERRAFORM_VERSION": tools["terraform"].version,
        "HELM_VERSION": tools["helm"].version,
        "CRON": f"{zlib.crc32(settings.full_name.encode()) % 60} 3 * * *",  # not everybody's on the hour
    }
