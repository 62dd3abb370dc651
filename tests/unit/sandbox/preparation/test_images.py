"""The images are whole OCI layouts: what a node unpacks is what was put in, under the name it asks for."""

import hashlib
import io
import json
import platform
import subprocess
import tarfile
from pathlib import Path

import pytest

from sandbox.errors import SandboxError
from sandbox.preparation import images


@pytest.fixture
def content(tmp_path: Path) -> images.Content:
    binary = tmp_path / "aws-load-balancer-controller"
    binary.write_bytes(b"\x7fELF controller")
    return images.controller(binary, b"-----BEGIN CERTIFICATE-----\n")


def blob(blobs: Path, digest: str) -> bytes:
    body = (blobs / digest.removeprefix("sha256:")).read_bytes()
    assert f"sha256:{hashlib.sha256(body).hexdigest()}" == digest
    return body


def test_the_controller_runs_as_in_its_own_image_and_trusts_the_authority(
    content: images.Content, tmp_path: Path
) -> None:
    manifest = json.loads(blob(tmp_path, images.write(content, tmp_path, "amd64")))
    config = json.loads(blob(tmp_path, manifest["config"]["digest"]))
    layer = manifest["layers"][0]["digest"]
    assert (config["config"]["Entrypoint"], config["config"]["User"]) == (["/controller"], "65532")
    assert config["rootfs"]["diff_ids"] == [layer]
    with tarfile.open(fileobj=io.BytesIO(blob(tmp_path, layer))) as archive:
        assert archive.getmember("controller").mode == 0o755
        certificate = archive.extractfile(images.CA_PATH)
        assert certificate is not None
        assert certificate.read().startswith(b"-----BEGIN CERTIFICATE")
        assert archive.getmember("etc/ssl/certs").isdir()


def test_the_same_content_has_the_same_digest(content: images.Content, tmp_path: Path) -> None:
    assert images.write(content, tmp_path, "amd64") == images.write(content, tmp_path, "amd64")
    assert images.write(content, tmp_path, "amd64") != images.write(content, tmp_path, "arm64")


def test_a_registry_to_be_started_gets_links_and_no_copies(content: images.Content, tmp_path: Path) -> None:
    made = images.make_registry([content, images.pause("amd64")], tmp_path / "registry", tmp_path, "amd64")
    manifests = json.loads((made / images.MANIFESTS).read_text())
    assert [name.partition("/")[0] for name in manifests] == ["public.ecr.aws", "registry.k8s.io"]
    images.link_blobs(made, tmp_path / "disk")
    for digest in manifests.values():
        assert blob(tmp_path / "disk" / "sha256", digest)
        assert (tmp_path / "disk" / digest.replace(":", "/")).is_symlink()


def test_a_registry_that_is_not_there_is_told(content: images.Content, tmp_path: Path) -> None:
    made = images.make_registry([content], tmp_path / "registry", tmp_path, "amd64")
    with pytest.raises(SandboxError, match=r"does not take public\.ecr\.aws"):
        images.seed(made, "127.0.0.1:1")


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
