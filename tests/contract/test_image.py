"""The real image of this machine: small, the same twice, and it runs from nothing but its own root."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import tarfile
import time
from pathlib import Path

import httpx
import pytest

from epochctl.image import assembler, rootfs
from epochctl.image.layout import Layout

MB = 1_000_000


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    return make(tmp_path_factory.mktemp("image") / "first")


@pytest.fixture(scope="module")
def root(layout: Layout, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("root")
    directory.chmod(0o755)  # pytest's are its owner's alone, and the image's user is another
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(layout.blobs[1].path.read_bytes()))) as archive:
        archive.extractall(directory, filter="tar")
    return directory


def make(directory: Path) -> Layout:
    return assembler.assemble_image(directory, f"linux/{rootfs.architecture()}", rootfs.find_sources(), "")


def run_inside(root: Path, *argv: str, **environment: str) -> list[str]:
    """The command line that runs argv in `root` alone, with the environment of the image's config, as its
    user where we may.
    """
    settings = [f"{name}={value}" for name, value in {**dict(rootfs.ENVIRONMENT), **environment}.items()]
    ids = str(rootfs.USER)
    enter = [found("chroot"), f"--userspec={ids}:{ids}", str(root)]
    if os.geteuid() != 0:
        enter = [found("unshare"), "--map-root-user", found("chroot"), str(root)]
    # The loader by name: chroot itself must not get the image's library path.
    loader = rootfs.find_sources().libraries.loader
    return [
        *enter,
        loader,
        "--library-path",
        rootfs.SHARED,
        rootfs.PYTHON,
        "-c",
        START,
        *settings,
        "--",
        *argv,
    ]


# env(1) is not in the image, so the interpreter sets the environment and becomes the program.
START = (
    "import os, sys; at = sys.argv.index('--'); e = dict(a.split('=', 1) for a in sys.argv[1:at]); "
    "os.execve(sys.argv[at + 1], sys.argv[at + 1:], e)"
)


def found(program: str) -> str:
    path = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    assert path is not None, f"{program} is missing"
    return path


def test_it_is_small(layout: Layout, root: Path) -> None:
    unpacked = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
    assert layout.size < 11 * MB
    assert unpacked < 27 * MB


def test_twice_is_the_same(layout: Layout, tmp_path: Path) -> None:
    assert make(tmp_path / "second").manifest.digest == layout.manifest.digest


def test_there_is_nothing_else_in_it(root: Path) -> None:
    assert [path.name for path in (root / "usr/local/bin").iterdir()] == ["python3"]
    assert not (root / "bin").exists()
    assert not [path for path in root.rglob("*") if path.suffix in (".py", ".pyx", ".h")]


def test_it_serves_from_its_own_root(layout: Layout, root: Path) -> None:
    config = json.loads(layout.blobs[0].path.read_bytes())["config"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    argv = run_inside(root, *config["Entrypoint"], PORT=str(port))
    environment = {"PYTHONHOME": rootfs.HOME, "PATH": os.environ["PATH"]}
    child = subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        answers = {
            accept: ask(child, f"http://127.0.0.1:{port}/", accept)
            for accept in ("*/*", "application/json", "text/html")
        }
        assert int(answers["*/*"].text) == pytest.approx(time.time(), abs=5)
        assert answers["application/json"].json()["epoch"] == pytest.approx(time.time(), abs=5)
        assert "<!doctype html>" in answers["text/html"].text
        assert ask(child, f"http://127.0.0.1:{port}/health", "*/*").text == "ok\n"
        child.send_signal(signal.SIGTERM)
        assert child.wait(10) == 0
    finally:
        child.kill()
        child.communicate()


def ask(child: subprocess.Popen[str], url: str, accept: str) -> httpx.Response:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and child.poll() is None:
        try:
            return httpx.get(url, headers={"Accept": accept})
        except httpx.TransportError:
            time.sleep(0.05)
    child.kill()
    pytest.fail(f"no answer: {child.communicate()[1]}")


def test_the_interpreter_can_resolve_names_and_ask_over_http(root: Path) -> None:
    """What `epochctl exec -- python3` needs to look at the service from inside."""
    program = (
        "import socket, urllib.request, ssl, hashlib; print(socket.getaddrinfo('127.0.0.1', 80)[0][4][0])"
    )
    argv = run_inside(root, rootfs.PYTHON, "-SP", "-c", program)
    ended = subprocess.run(argv, env={"PYTHONHOME": rootfs.HOME}, capture_output=True, text=True, timeout=20)
    assert (ended.stdout, ended.stderr) == ("127.0.0.1\n", "")


def test_every_module_of_the_server_and_its_packages_loads(root: Path) -> None:
    """The trimmed standard library has all that they import at any depth that the server reaches."""
    program = (
        "import server.__main__ as m, concurrent.futures.thread, encodings.idna, uvloop; "
        "from server.settings import Settings; c = m.configure(Settings()); c.load(); "
        "print(c.http_protocol_class.__name__, c.loaded); "
        "import anyio, json, http.client as h; print(anyio.CancelScope.__name__, json.loads('1'), h.OK.value)"
    )
    argv = run_inside(root, rootfs.PYTHON, "-SP", "-c", program)
    ended = subprocess.run(argv, env={"PYTHONHOME": rootfs.HOME}, capture_output=True, text=True, timeout=20)
    assert (ended.stdout, ended.stderr) == ("H11Protocol True\nCancelScope 1 200\n", "")
