"""eject copies what travels with epochctl, notes it, and overwrites nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from epochctl import __version__
from epochctl.cli.app import run
from epochctl.config import package_files
from epochctl.config.settings import Settings, load
from epochctl.errors import SettingsError
from epochctl.preflight import CheckResult
from epochctl.preflight.local import LocalChecks

TOML = 'hostname = "epoch.example.com"\n\n[service]\nport = 8080\n# [service.env]\n# A = "b"\n'


@pytest.fixture(autouse=True)
def _project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("API_HOSTNAME", raising=False)
    Path("epochctl.toml").write_text(TOML)


def settings() -> Settings:
    return load(Path(), {}, {})


def test_until_then_our_own_files_are_used() -> None:
    assert settings().files_of("terraform") == package_files.find("terraform")
    assert settings().files_of("server").is_dir()


def test_all_of_it_stands_beside_the_settings_and_is_used(tmp_path: Path) -> None:
    assert run(["eject"]) == 0
    for part, place in package_files.PARTS.items():
        assert settings().files_of(part) == tmp_path / place
    assert (tmp_path / "terraform/modules/cluster/main.tf").is_file()
    assert (tmp_path / "charts/epoch/values.schema.json").is_file()
    assert Path("epochctl.toml").read_text().startswith(TOML)


def test_one_after_the_other() -> None:
    assert run(["eject", "chart"]) == 0
    assert run(["eject", "dockerfile"]) == 0
    ejected = settings().ejected
    assert (ejected.chart, ejected.dockerfile) == ("charts/epoch", "Dockerfile")
    assert (ejected.terraform, ejected.server) == ("", "")


def test_it_works_where_the_environment_is_all_there_is() -> None:
    Path("epochctl.toml").unlink()
    assert run(["eject", "chart"]) == 0
    assert load(Path(), {}, {"API_HOSTNAME": "epoch.example.com"}).ejected.chart == "charts/epoch"


def test_nothing_is_overwritten_and_nothing_half_done(capsys: pytest.CaptureFixture[str]) -> None:
    Path("server").mkdir()
    assert run(["eject"]) == 3
    assert not Path("terraform").exists()
    assert Path("epochctl.toml").read_text() == TOML
    assert "server would be overwritten" in capsys.readouterr().err


def test_a_word_that_is_no_part_names_the_parts(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["eject", "helm"]) == 3
    assert "terraform, chart, server, dockerfile" in capsys.readouterr().err


def test_the_way_back_is_a_line_less() -> None:
    assert run(["eject", "terraform", "chart"]) == 0
    text = Path("epochctl.toml").read_text()
    Path("epochctl.toml").write_text(text.replace('chart = "charts/epoch"\n', ""))
    assert settings().files_of("chart") == package_files.find("charts/epoch")
    assert settings().files_of("terraform").parent == Path.cwd()


def test_what_is_noted_and_gone_is_named() -> None:
    Path("epochctl.toml").write_text(TOML + '[ejected]\nchart = "gone"\n')
    with pytest.raises(SettingsError) as raised:
        settings()
    assert "chart at gone (nothing is there)" in raised.value.why


def test_only_an_edited_dockerfile_needs_docker() -> None:
    assert run(["eject", "dockerfile"]) == 0
    assert not settings().has_edited_dockerfile
    Path("Dockerfile").write_text("FROM scratch\n")
    assert settings().has_edited_dockerfile


def change(part: str, origin: str) -> Path:
    """Eject it, as that epochctl would have done, and edit it."""
    assert run(["eject", part]) == 0
    toml = Path("epochctl.toml")
    toml.write_text(toml.read_text().replace(f'{part}_from = "{__version__}"', f'{part}_from = "{origin}"'))
    edited = Path("Dockerfile" if part == "dockerfile" else "charts/epoch/Chart.yaml")
    edited.write_text(edited.read_text() + "# mine\n")
    return edited


def facts() -> list[CheckResult]:
    return list(LocalChecks(settings(), "us-west-2").ejected_files())


def test_doctor_tells_when_it_was_copied_from_another_epochctl() -> None:
    change("chart", "0.0.9")
    (fact,) = facts()
    assert (fact.name, fact.state) == ("own chart", "warn")
    assert f"copied from epochctl 0.0.9, this is {__version__}" in fact.why
    assert "epochctl eject --diff chart" in fact.fix
    assert f'chart_from = "{__version__}"' in fact.fix


def test_doctor_has_nothing_against_edits_of_this_version_nor_against_what_is_the_same() -> None:
    change("chart", __version__)
    assert run(["eject", "dockerfile"]) == 0
    chart, dockerfile = facts()
    assert (chart.state, dockerfile.state) == ("ok", "ok")
    assert "1 files changed" in chart.why
    assert "as this epochctl has it" in dockerfile.why


def test_what_was_ejected_before_versions_were_written_down_is_told_too() -> None:
    change("chart", "0.0.9")
    toml = Path("epochctl.toml")
    toml.write_text("".join(line for line in toml.read_text().splitlines(True) if "_from" not in line))
    (fact,) = facts()
    assert fact.state == "warn"
    assert "not written down which" in fact.why


def test_the_difference_is_a_patch_towards_this_epochctl(capsys: pytest.CaptureFixture[str]) -> None:
    edited = change("chart", "0.0.9")
    (edited.parent / "mine.yaml").write_text("a: b\n")
    (edited.parent / ".helmignore").unlink(missing_ok=True)
    capsys.readouterr()
    assert run(["eject", "--diff"]) == 0
    told = capsys.readouterr()
    assert "--- charts/epoch/Chart.yaml\n" in told.out
    assert "\n-# mine\n" in told.out
    assert "--- charts/epoch/mine.yaml\n+++ /dev/null\n" in told.out
    assert f"copied from epochctl 0.0.9, this is {__version__}" in told.err
    assert run(["eject", "--diff", "server"]) == 16
    assert "server is not ejected" in capsys.readouterr().err


def test_ejecting_it_again_tells_which_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    change("chart", "0.0.9")
    assert run(["eject", "chart"]) == 3
    told = capsys.readouterr().err
    assert f"chart of epochctl 0.0.9; this is {__version__}" in told
    assert "epochctl eject --diff chart" in told
