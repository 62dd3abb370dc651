"""The wheel, as somebody has it who never saw the checkout: an empty environment, an empty directory.

One world of its own, made by the installed epoch-sandbox. The tests run in order.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UV = [sys.executable, "-m", "uv", "--quiet"]
PARTS = ("terraform/main.tf", "charts/epoch/Chart.yaml", "server/app.py", "Dockerfile")


@dataclass(frozen=True)
class Installed:
    """An environment that holds the wheel, and a directory that holds nothing."""

    environment: Path
    directory: Path

    def run(self, *argv: str, code: int = 0, seconds: float = 300) -> str:
        """Run an installed program; its output. Nothing of the checkout is in reach of it."""
        # Its own bin is not on PATH, as with `uv tool install`, which links the programs elsewhere.
        kept = [path for path in os.environ["PATH"].split(":") if not Path(path).is_relative_to(ROOT)]
        own = {"PATH": ":".join(kept), "EPOCH_SANDBOX_NAME": f"wheel-{os.getpid()}", "NO_COLOR": "1"}
        ended = subprocess.run(
            [str(self.environment / "bin" / argv[0]), *argv[1:]],
            cwd=self.directory,
            env={key: value for key, value in os.environ.items() if not key.startswith("PYTHON")} | own,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
        )
        assert ended.returncode == code, ended.stdout
        return ended.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("wheel")
    uv("build", "--wheel", "--out-dir", str(directory), str(ROOT))
    return next(directory.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    made = install(f"{wheel}[sandbox]", tmp_path_factory)
    try:
        yield made
    finally:
        made.run("epoch-sandbox", "down", seconds=60)


def install(requirement: str, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Into an environment of its own, with the versions of uv.lock: what is newer may be red elsewhere."""
    directory = tmp_path_factory.mktemp("installed")
    locked = directory / "locked.txt"
    exported = ("export", "--frozen", "--project", str(ROOT), "--extra", "sandbox", "--no-emit-project")
    uv(*exported, "--no-hashes", "--output-file", str(locked))
    environment = directory / "environment"
    uv("venv", "--python", sys.executable, str(environment))
    python = ("--python", str(environment / "bin" / "python"))
    uv("pip", "install", *python, "--constraint", str(locked), requirement)
    empty = directory / "empty"
    empty.mkdir()
    return Installed(environment, empty)


def uv(*arguments: str) -> None:
    """Trusting whom the machine trusts, as bin/environment does."""
    own = {"VIRTUAL_ENV": "", "UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1"}
    subprocess.run([*UV, *arguments], check=True, timeout=300, env={**os.environ, **own})


def test_without_the_extra_the_sandbox_says_what_to_install(
    wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    plain = install(str(wheel), tmp_path_factory)
    assert "epochctl 0." in plain.run("epochctl", "--version")
    said = plain.run("epochctl", "up", "--sandbox", code=1)
    assert "epochctl[sandbox]" in said
    assert "Traceback" not in said


def test_a_project_begins_in_an_empty_directory(installed: Installed) -> None:
    assert "Next: " in installed.run("epochctl", "init", "--hostname", "epoch.example.com")
    assert (installed.directory / "epochctl.toml").exists()


def test_up_brings_the_service_up(installed: Installed) -> None:
    assert "https://epoch.sandbox.test/ answers." in installed.run("epochctl", "up", "--sandbox", "--yes")
    page = installed.run(
        "epoch-sandbox", "exec", "--", "curl", "-sS", "--fail", "https://epoch.sandbox.test/"
    )
    assert page.strip().isdigit()


def test_what_is_ejected_changes_nothing_until_it_is_edited(installed: Installed) -> None:
    installed.run("epochctl", "eject")
    assert [part for part in PARTS if not (installed.directory / part).exists()] == []
    assert installed.run("epochctl", "diff", "--sandbox", "--exit-code")
    template = installed.directory / "charts/epoch/templates/service.yaml"
    text = template.read_text()
    template.write_text(text.replace("metadata:\n", "metadata:\n  annotations: {mine: 'yes'}\n", 1))
    assert "mine" in installed.run("epochctl", "diff", "--sandbox", "--exit-code", code=2)
    template.write_text(text)


def test_eject_overwrites_nothing(installed: Installed) -> None:
    kept = (installed.directory / "epochctl.toml").read_text()
    assert "would be overwritten" in installed.run("epochctl", "eject", code=3)
    assert (installed.directory / "epochctl.toml").read_text() == kept


def test_down_leaves_nothing(installed: Installed) -> None:
    said = installed.run("epochctl", "down", "--sandbox", "--yes", seconds=400)
    assert "the sandbox instance has ended; nothing of it is left" in said
