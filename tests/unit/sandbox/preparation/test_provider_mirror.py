"""The provider is found in any folder laid out as a registry, and nothing else is in the mirror."""

import zipfile
from pathlib import Path

import pytest

from sandbox.errors import SandboxError
from sandbox.preparation import pins, provider_mirror
from sandbox.preparation.progress import Progress

VERSION = pins.AWS_PROVIDER
PROGRAM = f"terraform-provider-aws_v{VERSION}_x5"


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No registry, no settings, no provider of this machine."""
    monkeypatch.setattr(provider_mirror, "registry_answers", lambda: False)
    monkeypatch.setattr(provider_mirror, "OPTIONAL", tmp_path / "opt")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_DATA_DIRS", str(tmp_path / "share"))
    for variable in ("TF_PLUGIN_CACHE_DIR", "TF_CLI_CONFIG_FILE", "XDG_DATA_HOME"):
        monkeypatch.delenv(variable, raising=False)


def unpacked(root: Path, version: str = VERSION) -> Path:
    place = root / provider_mirror.ADDRESS / version / f"linux_{pins.machine()}"
    place.mkdir(parents=True)
    (place / PROGRAM).write_text("provider")
    return place


def packed(root: Path) -> Path:
    place = root / provider_mirror.ADDRESS
    place.mkdir(parents=True)
    path = place / f"terraform-provider-aws_{VERSION}_linux_{pins.machine()}.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(PROGRAM, "provider")
    return path


def provide(tmp_path: Path) -> Path:
    (tmp_path / "scratch").mkdir(exist_ok=True)
    return provider_mirror.provide(
        tmp_path / "mirror", Path("terraform"), tmp_path / "scratch", Progress(lambda _: None)
    )


@pytest.mark.parametrize(
    "root",
    [
        "home/.terraform.d/plugins",
        "home/.local/share/terraform/plugins",
        "share/terraform/plugins",
        "opt/a/b",
    ],
)
def test_terraforms_own_places_and_opt(root: str, tmp_path: Path) -> None:
    unpacked(tmp_path / root)
    made = provide(tmp_path)
    program = made / provider_mirror.ADDRESS / VERSION / f"linux_{pins.machine()}" / PROGRAM
    assert program.read_text() == "provider"


def test_a_plugin_cache_comes_before_opt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unpacked(tmp_path / "opt" / "x")
    ours = unpacked(tmp_path / "cache")
    monkeypatch.setenv("TF_PLUGIN_CACHE_DIR", str(tmp_path / "cache"))
    assert provider_mirror.find_existing(provider_mirror.candidates()) == ours


def test_terraforms_configuration_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = unpacked(tmp_path / "configured")
    rc = tmp_path / "rc"
    rc.write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{tmp_path}/configured"\n  }}\n}}\n'
    )
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(rc))
    assert provider_mirror.find_existing(provider_mirror.candidates()) == ours


def test_a_packed_provider_is_unpacked_once(tmp_path: Path) -> None:
    packed(tmp_path / "opt" / "mirror")
    made = provide(tmp_path)
    program = made / provider_mirror.ADDRESS / VERSION / f"linux_{pins.machine()}" / PROGRAM
    assert program.stat().st_mode & 0o111
    assert not program.is_symlink()


def test_only_the_aws_provider_is_in_the_mirror(tmp_path: Path) -> None:
    root = tmp_path / "opt" / "plugins"
    unpacked(root)
    (root / "registry.terraform.io" / "hashicorp" / "random").mkdir()
    assert [path.name for path in (provide(tmp_path) / provider_mirror.ADDRESS.parent).iterdir()] == ["aws"]


def test_another_version_will_not_do_and_the_places_are_named(tmp_path: Path) -> None:
    unpacked(tmp_path / "opt", version="4.67.0")
    with pytest.raises(SandboxError, match=f"AWS provider {VERSION}") as error:
        provide(tmp_path)
    assert str(tmp_path / "opt") in error.value.why
    assert "TF_PLUGIN_CACHE_DIR" in error.value.fix


def test_the_lock_file_of_the_product_asks_for_this_version() -> None:
    lock = Path(__file__).parents[4] / "terraform" / ".terraform.lock.hcl"
    assert f'"{VERSION}"' in lock.read_text()
