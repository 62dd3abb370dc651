"""Settings: where they come from, and that every mistake is shown at once with key, value and expectation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from epochctl.command import Command
from epochctl.config.settings import Settings, load
from epochctl.errors import SettingsError


def loaded(tmp_path: Path, toml: str = "", environ: dict[str, str] | None = None, **flags: Any) -> Settings:
    if toml:
        (tmp_path / "epochctl.toml").write_text(toml)
    return load(tmp_path, flags, environ or {})


def refused(tmp_path: Path, toml: str = "", environ: dict[str, str] | None = None, **flags: Any) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        loaded(tmp_path, toml, environ, **flags)
    return caught.value.why.splitlines()


HOST = 'hostname = "epoch.example.com"\n'


def test_the_environment_alone_is_enough(tmp_path: Path) -> None:
    settings = loaded(tmp_path, environ={"API_HOSTNAME": "epoch.example.com"})
    assert (settings.hostname, settings.region) == ("epoch.example.com", "us-west-2")
    assert settings.state_directory("us-west-2") == tmp_path / ".epochctl/epoch/production/us-west-2"


def test_environment_overrides_file_and_flags_override_both(tmp_path: Path) -> None:
    toml = HOST + 'environment = "one"\nname = "file"\n'
    environ = {"EPOCHCTL_ENVIRONMENT": "two", "API_HOSTNAME": "other.example.com"}
    settings = loaded(tmp_path, toml, environ, environment="three", name=None)
    assert (settings.name, settings.environment, settings.hostname) == ("file", "three", "other.example.com")


@pytest.mark.parametrize(
    ("toml", "environ", "flags", "region"),
    [
        ("", {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-2"}, {}, "eu-west-1"),
        ('regions = ["eu-west-3"]\n', {"AWS_REGION": "eu-west-1"}, {}, "eu-west-3"),
        ('regions = ["eu-west-3"]\n', {"EPOCHCTL_REGION": "eu-north-1"}, {}, "eu-north-1"),
        ('regions = ["eu-west-3"]\n', {}, {"regions": "us-east-1"}, "us-east-1"),
    ],
)
def test_the_sdk_variable_is_only_a_default(
    tmp_path: Path, toml: str, environ: dict[str, str], flags: dict[str, str], region: str
) -> None:
    assert loaded(tmp_path, HOST + toml, environ, **flags).region == region


def test_a_flag_chooses_one_of_the_regions_that_the_file_names(tmp_path: Path) -> None:
    toml = HOST + 'regions = ["us-west-2", "us-east-1"]\n'
    assert loaded(tmp_path, toml).selected_regions == ("us-west-2", "us-east-1")
    for environ, flags in (({"EPOCHCTL_REGION": "us-east-1"}, {}), ({}, {"regions": "us-east-1"})):
        settings = loaded(tmp_path, toml, environ, **flags)
        assert settings.regions == ("us-west-2", "us-east-1")
        assert (settings.selected_region, settings.region, settings.selected_regions) == (
            "us-east-1",
            "us-east-1",
            ("us-east-1",),
        )
    assert loaded(tmp_path, HOST, regions="us-east-1").regions == ("us-east-1",)
    assert refused(tmp_path, toml, regions="us-wset-2")[0].startswith("region = 'us-wset-2'")
    with pytest.raises(SettingsError, match="selected_region"):
        loaded(tmp_path, HOST + "selected_region = 'us-east-1'\n")


def test_a_flag_may_name_one_key_of_a_section(tmp_path: Path) -> None:
    toml = HOST + '[service]\nport = 9000\nimage = "a"\n'
    service = loaded(tmp_path, toml, **{"service.image": "ghcr.io/o/app:v1"}).service
    assert (service.image, service.port) == ("ghcr.io/o/app:v1", 9000)
    assert loaded(tmp_path, toml, **{"service.image": None}).service.image == "a"


def test_every_problem_is_shown_at_once(tmp_path: Path) -> None:
    toml = 'hostname = "localhost"\nregions = ["us-wets-2"]\n'
    lines = refused(tmp_path, toml + '[cluster]\nnodes = 0\nnat = "two"\nversoin = "1.36"\n')
    assert len(lines) == 5
    text = "\n".join(lines)
    assert "hostname = 'localhost' (epochctl.toml): expected a host name with at least one dot" in text
    assert "regions = 'us-wets-2' (epochctl.toml): expected an AWS region, such as us-west-2" in text
    assert "cluster.nodes = 0 (epochctl.toml): expected 1 or more" in text
    assert "cluster.nat = 'two' (epochctl.toml): expected one of 'none', 'single' or 'per-az'" in text
    assert "cluster.versoin (epochctl.toml): unknown key; did you mean version?" in text


def test_a_problem_names_the_variable_it_came_from(tmp_path: Path) -> None:
    assert "(API_HOSTNAME)" in refused(tmp_path, environ={"API_HOSTNAME": "https://epoch.example.com/"})[0]
    assert "(a flag)" in refused(tmp_path, HOST, regions="nowhere-1")[0]


@pytest.mark.parametrize(
    "host", ["a", "-a.example.com", "a..example.com", "10.0.0.1", "a b.example.com", "x" * 64 + ".com"]
)
def test_what_is_no_host_name_is_refused(tmp_path: Path, host: str) -> None:
    assert "hostname" in refused(tmp_path, environ={"API_HOSTNAME": host})[0]


def test_a_missing_host_name_says_where_to_put_it(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(tmp_path)
    assert "API_HOSTNAME" in caught.value.why
    assert caught.value.fix == Command("init")


def test_a_certificate_must_be_in_the_same_region(tmp_path: Path) -> None:
    arn = "arn:aws:acm:{}:123456789012:certificate/12345678-1234-1234-1234-123456789012"
    assert loaded(tmp_path, HOST, {"ACM_CERTIFICATE_ARN": arn.format("us-west-2")}).certificate_arn
    assert (
        "a certificate in us-west-2"
        in refused(tmp_path, HOST, {"ACM_CERTIFICATE_ARN": arn.format("us-east-1")})[0]
    )
    assert "arn:aws:acm:" in refused(tmp_path, HOST, {"ACM_CERTIFICATE_ARN": "12345"})[0]


@pytest.mark.parametrize(
    ("toml", "expected"),
    [
        ("hostnam = 'x.example.com'\n", "hostnam (epochctl.toml): unknown key; did you mean hostname?"),
        ("regions = 'us-west-2'\n", "a list"),
        ("regions = ['us-west-2', 'us-east-1', 'us-west-2']\n", "each region once: us-west-2"),
        ("cluster = 3\n", "[cluster]"),
        ("name = 'Epoch'\n", "lower-case"),
        (f"name = '{'n' * 30}'\nenvironment = '{'e' * 10}'\n", "at most 40 characters with the name"),
        ("[service]\nport = 'http'\n", "a whole number"),
        ("[service]\nhealth_path = 'health'\n", "begins with /"),
    ],
)
def test_wrong_shapes_are_explained(tmp_path: Path, toml: str, expected: str) -> None:
    assert expected in "\n".join(refused(tmp_path, toml, {"API_HOSTNAME": "epoch.example.com"}))


def test_broken_toml_names_the_line(tmp_path: Path) -> None:
    assert "line 2" in refused(tmp_path, "name = 'x'\nhostname = \n")[0]


def test_the_directory_is_not_a_key(tmp_path: Path) -> None:
    assert refused(tmp_path, HOST + "directory = '/'\n")


SERVICE = HOST + "[service]\n"


def test_a_default_limit_grows_with_what_is_promised(tmp_path: Path) -> None:
    assert loaded(tmp_path, HOST).service.memory_limit == "128Mi"
    service = loaded(tmp_path, SERVICE + 'cpu = "2"\nmemory = "1Gi"\n').service
    assert (service.cpu_limit, service.memory_limit) == ("2", "1Gi")


def test_a_limit_below_what_is_promised_is_refused(tmp_path: Path) -> None:
    [line] = refused(tmp_path, SERVICE + 'memory = "1Gi"\nmemory_limit = "512Mi"\n')
    assert line.startswith("service.memory_limit = ")
    assert "at least 1Gi" in line


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ('secrets = ["Not_A_Name"]', "service.secrets"),
        ('cpu = "half"', "cores or thousandths"),
        ('memory = "64MB"', "binary units"),
        ("start_seconds = 1", "5 or more"),
        ('[service.env]\nPORT = "1"', "other names than PORT"),
        ('[service.env]\n"A-B" = "1"', "letters, digits and underscores"),
        ("[service.env]\nLEVEL = 1", "a text in quotes"),
    ],
)
def test_what_a_service_cannot_be_given_is_named(tmp_path: Path, toml: str, words: str) -> None:
    [line] = refused(tmp_path, SERVICE + toml + "\n")
    assert words in line


def test_who_may_enter_the_cluster_is_a_role_or_a_user(tmp_path: Path) -> None:
    role, session = "arn:aws:iam::123456789012:role/ci", "arn:aws:sts::123456789012:assumed-role/ci/run"
    toml = HOST + '[cluster]\naccess = ["{}"]\n'
    assert loaded(tmp_path, toml.format(role)).cluster.access == (role,)
    (line,) = refused(tmp_path, toml.format(session))
    assert line.startswith(f"cluster.access = '{session}' (epochctl.toml): expected ARNs of IAM roles")


@pytest.mark.parametrize("ttl", ["90s", "4h", "2d", "1h30m", "never", ""])
def test_a_lifetime_is_typed_as_every_other_length_of_time(tmp_path: Path, ttl: str) -> None:
    assert loaded(tmp_path, HOST + f'ttl = "{ttl}"\n').ttl == ttl


@pytest.mark.parametrize("ttl", ["90", "0h", "soon", "-4h", "9999999d"])
def test_a_lifetime_has_a_unit_and_an_end(tmp_path: Path, ttl: str) -> None:
    (line,) = refused(tmp_path, HOST + f'ttl = "{ttl}"\n')
    assert line.endswith("expected a time such as 30m, 4h or 2d, or never")
