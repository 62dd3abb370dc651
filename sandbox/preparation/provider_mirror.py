"""The filesystem mirror of Terraform's AWS provider: from the registry, else from this machine.

The provider is unpacked, so that `terraform init` links it instead of unpacking it each time.
"""

from __future__ import annotations

import os
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.preparation import pins
from sandbox.preparation.command import run
from sandbox.preparation.progress import Progress
from sandbox.preparation.releases import open_url

REGISTRY = "https://registry.terraform.io/.well-known/terraform.json"
ADDRESS = Path("registry.terraform.io/hashicorp/aws")
OPTIONAL = Path("/opt")  # where images and packages of a company put such a folder
DEPTH = 4

_AWS = f'{{ source = "hashicorp/aws", version = "{pins.AWS_PROVIDER}" }}'
_ROOT = f"terraform {{\n  required_providers {{\n    aws = {_AWS}\n  }}\n}}\n"


def provide(target: Path, terraform: Path, scratch: Path, progress: Progress) -> Path:
    """A filesystem mirror at `target` with the AWS provider in it."""
    if target.exists():
        return target
    with progress.task(f"AWS provider {pins.AWS_PROVIDER} for terraform") as task:
        made = scratch / "mirror"
        source = _from_registry(terraform, scratch) if registry_answers() else None
        source = source or find_existing(candidates())
        if source is None:
            raise _missing()
        task.note = str(source)
        lay_out(source, made)
        os.replace(made, target)
    return target


def registry_answers() -> bool:
    try:
        with open_url(REGISTRY) as body:
            return b"providers.v1" in body.read(10_000)
    except OSError:
        return False


def _from_registry(terraform: Path, scratch: Path) -> Path:
    """terraform's own way: it checks the signature of the provider's maker."""
    root, packed = scratch / "provider", scratch / "packed"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    (root / "main.tf").write_text(_ROOT)
    argv = [str(terraform), "providers", "mirror", f"-platform={_platform()}", str(packed)]
    run(argv, what="fetching the AWS provider", cwd=root)
    found = find_existing([packed])
    assert found is not None
    return found


def candidates() -> Iterator[Path]:
    """Directories that may be a mirror: the user's settings, terraform's convention, then below /opt."""
    home = Path.home()
    yield from _configured(Path(os.environ.get("TF_CLI_CONFIG_FILE") or home / ".terraformrc"))
    if os.environ.get("TF_PLUGIN_CACHE_DIR"):
        yield Path(os.environ["TF_PLUGIN_CACHE_DIR"])
    yield home / ".terraform.d" / "plugins"
    shared = os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    for data in [os.environ.get("XDG_DATA_HOME") or str(home / ".local" / "share"), *shared.split(":")]:
        yield Path(data) / "terraform" / "plugins"
    yield from _below(OPTIONAL, DEPTH)


def _configured(path: Path) -> Iterator[Path]:
    try:
        text = path.read_text()
    except OSError:
        return
    for block in re.findall(r"filesystem_mirror\s*\{[^}]*\}|plugin_cache_dir\s*=.*", text):
        for value in re.findall(r'(?:path|plugin_cache_dir)\s*=\s*"([^"]+)"', block):
            yield Path(os.path.expandvars(value)).expanduser()


def _below(directory: Path, depth: int) -> Iterator[Path]:
    """Directories that contain a folder named as the registry, at most `depth` levels down."""
    try:
        inside = sorted(each for each in directory.iterdir() if each.is_dir())
    except OSError:
        return
    if any(each.name == ADDRESS.parts[0] for each in inside):
        yield directory
    elif depth > 0:
        for each in inside:
            yield from _below(each, depth - 1)


def find_existing(roots: Iterator[Path] | list[Path]) -> Path | None:
    """The provider, unpacked (a directory) or packed (a zip), in the first root that has this version."""
    for root in roots:
        unpacked = root / ADDRESS / pins.AWS_PROVIDER / _platform()
        packed = root / ADDRESS / f"terraform-provider-aws_{pins.AWS_PROVIDER}_{_platform()}.zip"
        if unpacked.is_dir() and any(unpacked.glob("terraform-provider-aws*")):
            return unpacked.resolve()
        if packed.is_file():
            return packed
    return None


def lay_out(source: Path, root: Path) -> None:
    """Link an unpacked provider into a mirror at `root`, or unpack a packed one there."""
    directory = root / ADDRESS / pins.AWS_PROVIDER / _platform()
    shutil.rmtree(root, ignore_errors=True)
    directory.parent.mkdir(parents=True)
    if source.is_dir():
        directory.symlink_to(source)
        return
    directory.mkdir()
    with zipfile.ZipFile(source) as archive:
        archive.extractall(directory)
    for program in directory.glob("terraform-provider-*"):
        program.chmod(0o755)


def _platform() -> str:
    return f"linux_{pins.machine()}"


def _missing() -> SandboxError:
    looked = ", ".join(dict.fromkeys(str(each) for each in [*candidates(), OPTIONAL]))
    command = f"terraform providers mirror -platform={_platform()} DIR"
    return SandboxError(
        f"the AWS provider {pins.AWS_PROVIDER} for terraform is nowhere to be had",
        why=f"registry.terraform.io does not answer, and there is no mirror with it in {looked}",
        fix=f"on a machine with access, in terraform/: {command}; here: export TF_PLUGIN_CACHE_DIR=DIR",
    )
