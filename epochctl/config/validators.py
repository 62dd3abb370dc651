"""Is this a host name, a region, a certificate's ARN? Each check returns what was expected instead, or "".

Regions come from the partition data that ships with botocore.
"""

from __future__ import annotations

import difflib
import functools
import json
import re
from importlib.util import find_spec
from pathlib import Path

from epochctl.durations import parse_duration

_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_REGION = re.compile(r"[a-z]{2,5}(-[a-z]+){1,2}-\d")
_CERTIFICATE = re.compile(r"arn:aws[a-z-]*:acm:([a-z0-9-]+):\d{12}:certificate/[A-Za-z0-9-]+")

_LONGEST_TTL = 1_000_000 * 86400  # seconds; a time that far ahead still has a year of four digits
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)(m|Ki|Mi|Gi|)")
_UNITS = {"m": 0.001, "": 1.0, "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30}


def hostname_problem(value: str) -> str:
    """RFC 1123: labels of letters, digits and inner hyphens; two at least, and not an address."""
    if "://" in value or "/" in value:
        return "a host name alone, without https:// and without a path"
    labels = value.split(".")
    if len(value) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        return "a host name: letters, digits and hyphens between dots, such as epoch.example.com"
    if len(labels) < 2:
        return "a host name with at least one dot, such as epoch.example.com"
    return "a host name, not an address" if labels[-1].isdigit() else ""


def region_problem(value: str) -> str:
    """A region that AWS has, as far as the installed botocore knows."""
    known = regions()
    if value in known or (not known and _REGION.fullmatch(value)):
        return ""
    near = nearest(value, known)
    return f"an AWS region, such as {', '.join(near)}" if near else "an AWS region, such as us-west-2"


def duplicate_problem(regions: tuple[str, ...]) -> str:
    """Each region once."""
    again = [region for at, region in enumerate(regions) if region in regions[:at]]
    return f"each region once: {again[0]} stands there twice" if again else ""


def certificate_problem(arn: str, regions: tuple[str, ...]) -> str:
    """An ACM certificate's ARN in the region of the load balancer: no other will be accepted there."""
    match, region = _CERTIFICATE.fullmatch(arn), regions[0]
    if len(regions) > 1:
        return "none with several regions: a certificate is of one; without it, one is requested in each"
    if match is None:
        return "arn:aws:acm:<region>:<account>:certificate/<id>"
    return "" if match.group(1) == region else f"a certificate in {region}: a load balancer takes no other"


def quantity(text: str) -> float:
    """Return the cores or bytes of a Kubernetes quantity such as 250m, 0.5 or 64Mi; 0 where it is none."""
    match = _QUANTITY.fullmatch(text)
    return float(match.group(1)) * _UNITS[match.group(2)] if match else 0.0


def ttl_problem(value: str) -> str:
    """The lifetime of an environment, with its unit; "" and never: until `epochctl down`."""
    seconds = 0.0 if value.isdigit() else parse_duration(value) or 0.0
    fits = value in ("", "never") or 0 < seconds < _LONGEST_TTL
    return "" if fits else "a time such as 30m, 4h or 2d, or never"


def nearest(word: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """Return up to three of `known` that are spelled like the word."""
    return tuple(difflib.get_close_matches(word, known, n=3, cutoff=0.6))


@functools.cache
def regions() -> tuple[str, ...]:
    """Every region of every partition; empty where the data cannot be found. Reads a file, imports no SDK."""
    spec = find_spec("botocore")
    if spec is None or spec.origin is None:
        return ()
    data = Path(spec.origin).parent / "data" / "partitions.json"
    if not data.exists():
        return ()
    partitions = json.loads(data.read_text(encoding="utf-8"))["partitions"]
    names = [name for partition in partitions for name in partition["regions"]]
    return tuple(sorted(name for name in names if not name.endswith("-global")))
