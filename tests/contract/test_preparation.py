"""What prepare delivers: programs that run, and repositories that helm, terraform and registries accept."""

import functools
import hashlib
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sandbox.certificate_authority import CertificateAuthority
from sandbox.errors import SandboxError
from sandbox.preparation import images, pins, provider_mirror, wheels
from sandbox.preparation.builder import prepare
from sandbox.preparation.programs import PROGRAMS
from sandbox.preparation.releases import open_url
from sandbox.preparation.toolbox import Toolbox


@pytest.fixture(scope="module")
def toolbox() -> Toolbox:
    return prepare()


@contextmanager
def serving(directory: Path) -> Iterator[str]:
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(directory))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def registry(toolbox: Toolbox, tmp_path: Path) -> Iterator[str]:
    """`crane registry serve` on a port of its own choice; host:port."""
    images.link_blobs(toolbox.registry, tmp_path / "registry")
    argv = [
        toolbox.bin / "crane",
        "registry",
        "serve",
        "--address",
        "127.0.0.1:0",
        "--disk",
        tmp_path / "registry",
    ]
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        port = next(line.rsplit(" ", 1)[1].strip() for line in process.stderr if "serving on port" in line)
        yield f"127.0.0.1:{port}"
        process.terminate()


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as body:
        return bytes(body.read())


def test_every_program_runs_and_is_of_the_right_version(toolbox: Toolbox) -> None:
    wrong = {
        p.name: p.version(toolbox.bin / p.name)
        for p in PROGRAMS
        if p.version_arguments and not p.admits(p.version(toolbox.bin / p.name))
    }
    assert wrong == {}
    for plugin in ("bridge", "loopback"):
        said = subprocess.run(
            [toolbox.bin / plugin], capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        assert f"CNI {plugin} plugin" in said.stdout + said.stderr


def test_a_second_run_takes_less_than_a_second(toolbox: Toolbox) -> None:
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "sandbox.preparation"], capture_output=True, text=True)
    assert (done.returncode, time.monotonic() - began < 1.0) == (0, True), done.stderr


def test_images_are_below_the_host_that_they_belong_to(toolbox: Toolbox, registry: str) -> None:
    expected = [images.CONTROLLER_IMAGE, images.PAUSE_IMAGE]
    assert images.seed(toolbox.registry, registry) == expected
    assert images.seed(toolbox.registry, registry) == expected
    name, tag = images.CONTROLLER_IMAGE.rsplit(":", 1)
    manifest: dict[str, Any] = json.loads(get(f"http://{registry}/v2/{name}/manifests/{tag}"))
    for blob in (manifest["config"], *manifest["layers"]):
        body = get(f"http://{registry}/v2/{name}/blobs/{blob['digest']}")
        assert (f"sha256:{hashlib.sha256(body).hexdigest()}", len(body)) == (blob["digest"], blob["size"])


def test_the_controller_in_the_image_runs_and_trusts_the_authority_of_the_cache(
    toolbox: Toolbox, registry: str, tmp_path: Path
) -> None:
    images.seed(toolbox.registry, registry)
    exported = tmp_path / "controller.tar"
    argv = [toolbox.bin / "crane", "export", "--insecure", f"{registry}/{images.CONTROLLER_IMAGE}", exported]
    subprocess.run(argv, check=True)
    shutil.unpack_archive(exported, tmp_path / "root", filter="data")
    certificate = CertificateAuthority.load_or_create(toolbox.authority).certificate_pem
    assert (tmp_path / "root" / images.CA_PATH).read_bytes() == certificate
    said = subprocess.run([tmp_path / "root" / "controller", "--version"], capture_output=True, text=True)
    assert f"v{pins.CONTROLLER}" in said.stdout + said.stderr


def test_pushing_to_the_registry_leaves_the_cache_alone(toolbox: Toolbox, registry: str) -> None:
    images.seed(toolbox.registry, registry)
    before = sorted(path.name for path in (toolbox.registry / "sha256").iterdir())
    argv = [
        toolbox.bin / "crane",
        "copy",
        "--insecure",
        f"{registry}/{images.PAUSE_IMAGE}",
        f"{registry}/other:1",
    ]
    subprocess.run(argv, check=True, capture_output=True)
    assert sorted(path.name for path in (toolbox.registry / "sha256").iterdir()) == before


def test_helm_takes_the_chart_from_the_repository_and_asks_for_our_image(
    toolbox: Toolbox, tmp_path: Path
) -> None:
    with serving(toolbox.charts) as url:
        argv = [toolbox.bin / "helm", "template", "x", "aws-load-balancer-controller", "--repo", url]
        argv += ["--version", pins.CONTROLLER, "--set", "clusterName=c", "--include-crds"]
        done = subprocess.run(argv, capture_output=True, text=True, env={**os.environ, "HOME": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    assert f'image: "{images.CONTROLLER_IMAGE}"' in done.stdout
    assert "kind: CustomResourceDefinition" in done.stdout


def test_terraform_takes_the_provider_from_the_mirror(toolbox: Toolbox, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(provider_mirror._ROOT)
    rc = tmp_path / "rc"
    rc.write_text(
        f'provider_installation {{\nfilesystem_mirror {{\npath = "{toolbox.provider_mirror}"\n}}\n}}\n'
    )
    environment = {**os.environ, "TF_CLI_CONFIG_FILE": str(rc)}
    done = subprocess.run(
        [toolbox.terraform, "init", "-no-color"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert f"Installed hashicorp/aws v{pins.AWS_PROVIDER}" in done.stdout, done.stderr


@pytest.mark.parametrize("kind", ["pip", "uv"])
def test_both_installers_accept_how_they_are_called(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installer = shutil.which(kind)
    assert installer is not None, f"no {kind} on PATH"
    path = tmp_path / "index" / "epoch_example-1.0-py3-none-any.whl"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("example/program", "program")
        wheel.writestr(
            "epoch_example-1.0.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: epoch-example\nVersion: 1.0\n",
        )
        wheel.writestr(
            "epoch_example-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        wheel.writestr("epoch_example-1.0.dist-info/RECORD", "example/program,,\n")
    monkeypatch.setattr(wheels, "installer", lambda: [installer, "pip"] if kind == "uv" else [installer])
    for prefix in ("PIP", "UV"):
        monkeypatch.setenv(f"{prefix}_FIND_LINKS", str(path.parent))
        monkeypatch.setenv(f"{prefix}_NO_INDEX", "1")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    pinned = pins.Wheel("epoch-example", "1.0", ((pins.machine(), digest),))
    assert (wheels.install(pinned, tmp_path / "got") / "example" / "program").read_text() == "program"
    changed = pins.Wheel("epoch-example", "1.0", ((pins.machine(), "0" * 64),))
    with pytest.raises(SandboxError, match=r"epoch-example .* from PyPI failed"):
        wheels.install(changed, tmp_path / "got")


def test_a_release_is_read_over_http(tmp_path: Path) -> None:
    (tmp_path / "kubelet.sha256").write_text("0" * 64)
    with serving(tmp_path) as url, open_url(f"{url}/kubelet.sha256") as body:
        assert body.read() == b"0" * 64
    with pytest.raises(OSError), open_url(f"{url}/kubelet.sha256"):  # noqa: PT011
        pass
