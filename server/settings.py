"""The settings that the server reads from its environment, once, at the start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Holds PORT, HEALTH_PATH, EPOCH_REGION, ACCESS_LOG and DRAIN_SECONDS, or defaults for a container."""

    port: int = 8080
    health_path: str = "/health"
    region: str = ""
    access_log: bool = True
    drain_seconds: int = 20


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the settings. Raises ValueError that names the variable with an invalid value."""
    health_path = environment.get("HEALTH_PATH") or Settings.health_path
    if not health_path.startswith("/"):
        raise ValueError(f"HEALTH_PATH must start with /, not {health_path!r}")
    return Settings(
        port=_number(environment, "PORT", Settings.port, 0, 65535),
        health_path=health_path,
        region=environment.get("EPOCH_REGION") or environment.get("REGION", ""),
        access_log=environment.get("ACCESS_LOG", "1") != "0",
        drain_seconds=_number(environment, "DRAIN_SECONDS", Settings.drain_seconds, 0, 3600),
    )


def _number(environment: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = environment.get(name) or str(default)
    if not text.isdecimal() or not low <= int(text) <= high:
        raise ValueError(f"{name} must be a number from {low} to {high}, not {text!r}")
    return int(text)
