"""The repository's habits: updates for every ecosystem in use, templates, licence, a security policy."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
MANIFESTS = {
    "uv": "uv.lock",
    "gomod": "go.mod",
    "terraform": "versions.tf",
    "docker": "Dockerfile",
    "npm": "package.json",
    "github-actions": "action.yml",
}


def directories(manifest: str) -> set[str]:
    """Where such a file stands, as Dependabot writes it. What is hidden or installed is nobody's."""
    found = {path.relative_to(ROOT).parent for path in ROOT.rglob(manifest)}
    own = [
        path
        for path in found
        if not any(part.startswith(".") or part == "node_modules" for part in path.parts)
    ]
    return {"/" + str(path).removeprefix(".") for path in own}


@pytest.mark.parametrize("ecosystem", sorted(MANIFESTS))
def test_every_manifest_is_kept_up_to_date(ecosystem: str) -> None:
    updates = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text())["updates"]
    watched = {
        directory
        for one in updates
        if one["package-ecosystem"] == ecosystem
        for directory in one.get("directories", [one.get("directory")])
    }
    assert watched == directories(MANIFESTS[ecosystem])


def test_what_a_stranger_looks_for_is_there() -> None:
    wanted = ("LICENSE", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md", ".github/pull_request_template.md")
    assert [name for name in wanted if not (ROOT / name).exists()] == []
    for form in (ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"):
        assert {"name", "description", "body"} <= yaml.safe_load(
            form.read_text()
        ).keys() or form.stem == "config"
