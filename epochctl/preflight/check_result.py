"""One fact: its name, whether it stands in the way, why, and what to do. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from epochctl.errors import EpochctlError, PreflightError

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class CheckResult:
    """fail: `up` would not get through. warn: it may, or nobody could tell. error: where one says more."""

    name: str
    state: State
    why: str
    fix: str = ""
    error: EpochctlError | None = field(default=None, compare=False, repr=False)


def ok(name: str, why: str) -> CheckResult:
    return CheckResult(name, "ok", why)


def warn(name: str, why: str, fix: str = "") -> CheckResult:
    return CheckResult(name, "warn", why, fix)


def fail(name: str, why: str, fix: str) -> CheckResult:
    return CheckResult(name, "fail", why, fix)


def failed(name: str, error: EpochctlError) -> CheckResult:
    """An error that stands in the way, as a fact."""
    why = " ".join(part for part in (f"{error.what}:" if error.why else error.what, error.why) if part)
    return CheckResult(name, "fail", " ".join(why.split()), error.fix, error)


def refusal(facts: Iterable[CheckResult]) -> EpochctlError | None:
    """The error that the failing facts amount to; None where none fails. A lone one keeps its own words."""
    failing = [fact for fact in facts if fact.state == "fail"]
    if not failing:
        return None
    if len(failing) == 1 and failing[0].error is not None:
        return failing[0].error
    one = len(failing) == 1
    return PreflightError(
        "1 thing would stop `up`" if one else f"{len(failing)} things would stop `up`",
        why="\n".join(f"{fact.name}: {fact.why}" for fact in failing),
        fix=failing[0].fix if one else "\n".join(dict.fromkeys(fact.fix for fact in failing if fact.fix)),
    )
