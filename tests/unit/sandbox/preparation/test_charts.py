"""The chart repository is what helm expects, and the same module gives the same bytes."""

import hashlib
import io
import os
import tarfile
from pathlib import Path

import pytest
import yaml

from sandbox.errors import SandboxError
from sandbox.preparation import charts, pins


def module(tmp_path: Path, version: str = pins.CONTROLLER) -> Path:
    chart = tmp_path / "module" / "helm" / charts.CHART
    for name in (
        "templates/deployment.yaml",
        "crds/crds.yaml",
        "crds/kustomization.yaml",
        "test.yaml",
        "ci/values.yaml",
    ):
        (chart / name).parent.mkdir(parents=True, exist_ok=True)
        (chart / name).write_text(name)
    (chart / "Chart.yaml").write_text(
        f"apiVersion: v2\nname: {charts.CHART}\nversion: {version}\nappVersion: v{version}\n"
    )
    return tmp_path / "module"


def test_the_index_names_the_package_by_its_digest(tmp_path: Path) -> None:
    made = charts.make_repository(module(tmp_path), tmp_path / "charts", tmp_path)
    entry = yaml.safe_load((made / "index.yaml").read_text())["entries"][charts.CHART][0]
    package = (made / entry["urls"][0]).read_bytes()
    assert entry["digest"] == hashlib.sha256(package).hexdigest()
    assert entry["version"] == pins.CONTROLLER


def test_the_package_holds_the_chart_without_what_it_ignores(tmp_path: Path) -> None:
    package = charts.pack(module(tmp_path) / "helm" / charts.CHART)
    with tarfile.open(fileobj=io.BytesIO(package)) as archive:
        names = [name.removeprefix(charts.CHART + "/") for name in archive.getnames()]
    assert names == ["Chart.yaml", "crds/crds.yaml", "templates/deployment.yaml"]


def test_times_and_modes_do_not_change_the_package(tmp_path: Path) -> None:
    source = module(tmp_path) / "helm" / charts.CHART
    before = charts.pack(source)
    (source / "Chart.yaml").chmod(0o400)
    os.utime(source / "Chart.yaml", (1, 1))
    assert charts.pack(source) == before


def test_a_chart_of_another_controller_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="do not belong together"):
        charts.make_repository(module(tmp_path, "9.9.9"), tmp_path / "charts", tmp_path)
