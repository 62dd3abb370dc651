"""The images are whole OCI layouts: what a node unpacks is what was put in, under the name it asks for."""

import hashlib
import json
import platform
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

from sandbox.preparation import images


@pytest.fixture
def content(tmp_path: Path) -> images.Content:
    binary = tmp_path / "aws-load-balancer-controller"
    binary.write_bytes(b"\x7fELF controller")
    return images.controller(binary, b"-----BEGIN CERTIFICATE-----\n")


def blob(layout: Path, digest: str) -> bytes:
    body = (layout / "blobs" / "sha256" / digest.removeprefix("sha256:")).read_bytes()
    assert f"sha256:{hashlib.sha256(body).hexdigest()}" == digest
    return body


def opened(layout: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The manifest's descriptor in the index, and the manifest."""
    index = json.loads((layout / "index.json").read_text())["manifests"][0]
    return index, json.loads(blob(layout, index["digest"]))


def test_the_controller_runs_as_in_its_own_image_and_trusts_the_authority(
    content: images.Content, tmp_path: Path
) -> None:
    layout = images.write(content, tmp_path / "layout", "amd64")
    index, manifest = opened(layout)
    config = json.loads(blob(layout, manifest["config"]["digest"]))
    assert index["annotations"][images.NAME].startswith("public.ecr.aws/eks/aws-load-balancer-controller:v")
    assert (config["config"]["Entrypoint"], config["config"]["User"]) == (["/controller"], "65532")
    assert config["rootfs"]["diff_ids"] == [manifest["layers"][0]["digest"]]
    blob(layout, manifest["layers"][0]["digest"])
    with tarfile.open(
        layout / "blobs" / "sha256" / manifest["layers"][0]["digest"].removeprefix("sha256:")
    ) as layer:
        assert layer.getmember("controller").mode == 0o755
        certificate = layer.extractfile(images.CA_PLACE)
        assert certificate is not None
        assert certificate.read().startswith(b"-----BEGIN CERTIFICATE")
        assert layer.getmember("etc/ssl/certs").isdir()


def test_the_same_content_has_the_same_digest(content: images.Content, tmp_path: Path) -> None:
    first, second = (opened(images.write(content, tmp_path / name, "amd64"))[0] for name in "ab")
    assert first == second


def test_each_image_gets_a_layout_of_its_own(content: images.Content, tmp_path: Path) -> None:
    made = images.make_all([content, images.pause("amd64")], tmp_path / "images", tmp_path, "amd64")
    assert sorted(path.name for path in made.iterdir()) == ["aws-load-balancer-controller", "pause"]


@pytest.mark.skipif(platform.machine() != "x86_64", reason="runs the program for x86-64")
def test_the_pause_program_sleeps_until_it_is_ended(tmp_path: Path) -> None:
    program = tmp_path / "pause"
    program.write_bytes(images.pause_program("amd64"))
    program.chmod(0o755)
    running = subprocess.Popen([program])
    with pytest.raises(subprocess.TimeoutExpired):
        running.wait(0.2)
    running.terminate()
    assert running.wait(5) == -15


def test_the_pause_program_exists_for_both_architectures() -> None:
    for architecture, number in (("amd64", 62), ("arm64", 183)):
        program = images.pause_program(architecture)
        assert program[:4] == b"\x7fELF"
        assert int.from_bytes(program[18:20], "little") == number
        assert len(program) < 200
