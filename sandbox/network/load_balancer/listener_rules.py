"""Listener rules: which actions apply to a request. Pure functions over the data of the emulated ELBv2."""

from __future__ import annotations

import fnmatch
import re
from typing import Any


def actions_for(listener: dict[str, Any], host: str, path: str, method: str) -> list[dict[str, Any]]:
    """The actions of the first rule whose conditions all hold, else the listener's default."""
    for rule in listener["rules"]:
        if all(_matches(condition, host, path, method) for condition in rule["conditions"]):
            return list(rule["actions"])
    return list(listener["default"])


def _matches(condition: dict[str, Any], host: str, path: str, method: str) -> bool:
    field = condition.get("Field")
    if field == "host-header":
        return any(
            _matches_pattern(host.lower(), value.lower()) for value in _values(condition, "HostHeaderConfig")
        )
    if field == "path-pattern":
        return any(_matches_pattern(path, value) for value in _values(condition, "PathPatternConfig"))
    if field == "http-request-method":
        return method in _values(condition, "HttpRequestMethodConfig")
    return False


def _values(condition: dict[str, Any], config: str) -> list[str]:
    return list(condition.get(config, {}).get("Values") or condition.get("Values") or ())


def _matches_pattern(text: str, pattern: str) -> bool:
    """ELBv2's patterns know * and ? only."""
    return re.fullmatch(fnmatch.translate(pattern.replace("[", "[[]")), text) is not None


def redirect_location(
    config: dict[str, Any], host: str, port: int, path: str, query: str, protocol: str
) -> str:
    """The Location of a redirect action; #{...} stand for the request's own parts."""
    parts = {
        "protocol": config.get("Protocol", "#{protocol}"),
        "host": config.get("Host", "#{host}"),
        "port": str(config.get("Port", "#{port}")),
        "path": config.get("Path", "/#{path}"),
        "query": config.get("Query", "#{query}"),
    }
    request = {
        "protocol": protocol,
        "host": host,
        "port": str(port),
        "path": path.lstrip("/"),
        "query": query,
    }
    for name, value in parts.items():
        for key, own in request.items():
            value = value.replace("#{" + key + "}", own)
        parts[name] = value
    query_part = f"?{parts['query']}" if parts["query"] else ""
    return f"{parts['protocol'].lower()}://{parts['host']}:{parts['port']}{parts['path']}{query_part}"


def forward_groups(action: dict[str, Any]) -> list[tuple[str, int]]:
    """(target group ARN, weight) of a forward action."""
    groups = action.get("ForwardConfig", {}).get("TargetGroups")
    if groups:
        return [(group["TargetGroupArn"], int(group.get("Weight", 1))) for group in groups]
    return [(action["TargetGroupArn"], 1)]
