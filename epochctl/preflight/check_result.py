"""The result of one check, and the error that failed checks amount to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from epochctl.errors import EpochctlError, PreflightError

OTHER_NAME = "set another name or environment in epochctl.toml, or remove it"
State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class CheckResult:
    """What a check found.

    state: fail means that `up` would fail; warn that it may, or that the check could not be made. fix: what
    to do, "" for nothing; error: the error that failed the check, if there was one.
    """

    name: str
    state: State
    why: str
    fix: str = ""
    error: EpochctlError | None = field(default=None, compare=False, repr=False)


def ok(name: str, why: str) -> CheckResult:
    """Return the result of a check that passed."""
    return CheckResult(name, "ok", why)


def warn(name: str, why: str, fix: str = "") -> CheckResult:
    """Return a result that does not stop `up`."""
    return CheckResult(name, "warn", why, fix)


def fail(name: str, why: str, fix: str) -> CheckResult:
    """Return a result that stops `up`."""
    return CheckResult(name, "fail", why, fix)


def from_error(name: str, error: EpochctlError) -> CheckResult:
    """Return the failed result of a check that raised this error."""
    why = " ".join(part for part in (f"{error.what}:" if error.why else error.what, error.why) if part)
    return CheckResult(name, "fail", " ".join(why.split()), error.fix, error)


def preflight_error(results: Iterable[CheckResult]) -> EpochctlError | None:
    """Return the error for the failed results, or None. A single failure that has an error is that error."""
    failing = [result for result in results if result.state == "fail"]
    if not failing:
        return None
    one = len(failing) == 1
    if one and failing[0].error is not None:
        return failing[0].error
    return PreflightError(
        "1 thing would stop `up`" if one else f"{len(failing)} things would stop `up`",
        why="\n".join(f"{each.name}: {each.why}" for each in failing),
        fix=failing[0].fix if one else "\n".join(dict.fromkeys(each.fix for each in failing if each.fix)),
    )
