"""Sources of settings: epochctl.toml, the environment, flags, merged, with the source of each value.

Knows which variables there are, not which values are right. With settings.py, the only reader of the
environment for epochctl itself (the AWS SDK reads its own standard variables).
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from epochctl.errors import SettingsError

FILE = "epochctl.toml"
VARIABLES = {
    "API_HOSTNAME": "hostname",
    "ACM_CERTIFICATE_ARN": "certificate_arn",
    "EPOCHCTL_NAME": "name",
    "EPOCHCTL_ENVIRONMENT": "environment",
    "EPOCHCTL_REGION": "regions",
}
SELECTED = "selected_region"  # by a flag or variable, beside all regions of the file
DEFAULT_REGION = ("AWS_REGION", "AWS_DEFAULT_REGION")  # the SDK's own: only where nothing else names a region

# Pages of runs in CI, for the message about their lock.
_RUN_PAGES = ("CI_JOB_URL", "BUILD_URL", "CIRCLE_BUILD_URL", "BUILDKITE_BUILD_URL")

Values = dict[str, Any]
Origins = dict[str, str]
Layer = dict[str, tuple[Any, str]]


def read(directory: Path, flags: Mapping[str, Any], environ: Mapping[str, str]) -> tuple[Values, Origins]:
    """Return the values by key, and their sources; the later layer wins. Raises SettingsError."""
    layers = (_default_region(environ), _file(directory / FILE), _environment(environ), _flags(flags))
    merged = _choosing(layers)
    values = {key: value for key, (value, _) in merged.items()}
    return _nested(values), {key: who for key, (_, who) in merged.items()}


def _choosing(layers: tuple[Layer, ...]) -> Layer:
    """Return the layers merged. Where the file names regions, a variable or a flag selects one of them; the
    others stay part of the environment.
    """
    merged = {key: given for layer in layers for key, given in layer.items()}
    file = layers[1].get("regions")
    if file is not None and merged["regions"] != file:
        (selected,), who = merged["regions"]
        merged |= {"regions": file, SELECTED: (selected, who)}
    return merged


def _nested(values: Values) -> Values:
    """A flag may name one key of a section: service.image."""
    for key in [key for key in values if "." in key]:
        section, _, name = key.partition(".")
        values[section] = {**(values.get(section) or {}), name: values.pop(key)}
    return values


def _file(path: Path) -> Layer:
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML", why=str(error), fix="correct that line") from error
    except OSError as error:
        raise SettingsError(f"{path} cannot be read", why=str(error)) from error
    if SELECTED in given:
        raise SettingsError(f"{path}: unknown key {SELECTED}", why="a flag chooses", fix="--region")
    if "directory" in given:
        raise SettingsError(
            f"{path}: unknown key directory", why="it is where the file stands", fix="--directory"
        )
    return {key: (value, FILE) for key, value in given.items()}


def _default_region(environ: Mapping[str, str]) -> Layer:
    found = [name for name in DEFAULT_REGION if environ.get(name)]
    return {"regions": ((environ[found[0]],), found[0])} if found else {}


def _environment(environ: Mapping[str, str]) -> Layer:
    given = {name: environ.get(name, "").strip() for name in VARIABLES}
    return {
        VARIABLES[name]: (_shaped(VARIABLES[name], value), name) for name, value in given.items() if value
    }


def _flags(flags: Mapping[str, Any]) -> Layer:
    return {key: (_shaped(key, value), "a flag") for key, value in flags.items() if value is not None}


def _shaped(key: str, value: Any) -> Any:
    return (value,) if key == "regions" and isinstance(value, str) else value


def run_url(environ: Mapping[str, str] = os.environ) -> str:
    """Return the page of the CI run that epochctl is part of, "" outside of CI."""
    repository, run = environ.get("GITHUB_REPOSITORY"), environ.get("GITHUB_RUN_ID")
    if repository and run:
        return f"{environ.get('GITHUB_SERVER_URL', 'https://github.com')}/{repository}/actions/runs/{run}"
    return next((environ[name] for name in _RUN_PAGES if environ.get(name)), "")
