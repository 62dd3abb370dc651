"""What is on the machine already is used if its version will do, and a named directory comes first."""

from pathlib import Path

import pytest

from sandbox.preparation import local_programs
from sandbox.preparation.programs import PROGRAMS, Program

ETCD = next(program for program in PROGRAMS if program.name == "etcd")


def script(path: Path, said: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{said}'\n")
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def nothing_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in local_programs.VARIABLES:
        monkeypatch.delenv(variable, raising=False)


def test_the_first_on_path_with_the_right_version_is_linked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(tmp_path / "old" / "etcd", "etcd Version: 3.4.1")
    right = script(tmp_path / "new" / "etcd", "etcd Version: 3.6.9")
    monkeypatch.setenv("PATH", f"{tmp_path / 'old'}:{tmp_path / 'new'}:/usr/bin:/bin")
    (tmp_path / "bin").mkdir()
    lines: list[str] = []
    assert local_programs.link([ETCD], tmp_path / "bin", lines.append) == []
    assert (tmp_path / "bin" / "etcd").readlink() == right
    assert lines == [f"etcd: {right}"]


def test_a_named_directory_comes_before_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(tmp_path / "path" / "etcd", "etcd Version: 3.6.9")
    named = script(tmp_path / "assets" / "etcd", "etcd Version: 3.6.1")
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:/usr/bin:/bin")
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(named.parent))
    assert local_programs.find(ETCD, print) == named


def test_a_named_program_of_another_version_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = script(tmp_path / "etcd", "etcd Version: 3.5.2")
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    lines: list[str] = []
    assert local_programs.find(ETCD, lines.append) is None
    assert lines == [
        f"{named} (KUBEBUILDER_ASSETS) is not used: needed is 3.6.0 up to, not including, 3.7, it is 3.5.2"
    ]


def test_a_name_that_means_something_else_is_never_taken_from_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(tmp_path / "bridge", "bridge utility, iproute2-6.1.0")
    monkeypatch.setenv("PATH", str(tmp_path))
    bridge = Program("bridge")
    assert local_programs.find(bridge, print) is None
    monkeypatch.setenv("EPOCH_SANDBOX_ASSETS", str(tmp_path))
    assert local_programs.find(bridge, print) == tmp_path / "bridge"


def test_a_link_of_an_earlier_run_goes_with_its_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    (tmp_path / "etcd").symlink_to("/removed/etcd")
    assert local_programs.link([ETCD], tmp_path, print) == [ETCD]
    assert not (tmp_path / "etcd").is_symlink()


@pytest.mark.parametrize(
    ("name", "said", "admitted"),
    [
        ("kubelet", "Kubernetes v1.35.4", True),
        ("kubelet", "Kubernetes v1.34.9", False),
        ("helm", "v4.1.4+g05fa379", True),
        ("helm", "v3.16.1+g5a5449d", False),
        ("kubectl", "Client Version: v1.32.4-dispatcher", False),
        ("kubectl", "Client Version: v1.35.2\nKustomize Version: v5.7.1", True),
        ("containerd", "containerd github.com/containerd/containerd/v2 2.2.1 ", True),
        ("containerd", "containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u1", False),
        ("containerd-shim-runc-v2", "containerd-shim-runc-v2:\n  Version:  v2.2.1", True),
        ("runc", "runc version 1.1.5+ds1\ncommit: 1.1.5", True),
        ("terraform", "Terraform v1.11.4\non linux_amd64", True),
        ("crane", "0.20.6", True),
    ],
)
def test_versions_are_understood(name: str, said: str, admitted: bool, tmp_path: Path) -> None:
    program = next(each for each in PROGRAMS if each.name == name)
    path = script(tmp_path / name, said)
    assert program.admits(program.version(path)) is admitted
