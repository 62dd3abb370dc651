"""What Terraform prints when it fails, as one of epochctl's errors."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from epochctl.command import Command
from epochctl.errors import CredentialsError, EpochctlError, InfrastructureError, LockedError, ToolError
from epochctl.tools.terraform.stream import Diagnostic, short

_SIGNED_OUT = re.compile(
    r"No valid credential sources|ExpiredToken|expired|InvalidClientTokenId|UnrecognizedClient|"
    r"SignatureDoesNotMatch|AuthFailure|failed to refresh cached credentials|SSO session"
)
_DENIED = re.compile(r"AccessDenied|UnauthorizedOperation|not authorized to perform")
_PROVIDER = re.compile(
    r"Failed to (install provider|query available provider)|dependency lock file|provider plugin", re.I
)
_UNINITIALISED = re.compile(
    r"Backend initialization required|Required plugins are not installed|Module not installed|"
    r"Inconsistent dependency lock|Missing required provider|Initialization required",
    re.I,
)
_QUOTA = re.compile(r"LimitExceeded|QuotaExceeded|VcpuLimit|ResourceLimitExceeded")
_SDK = re.compile(
    r"operation error [^:,]+: \w+, "
    r"(?:exceeded maximum number of attempts, \d+, )?"
    r"(?:https? response error StatusCode: \d+, (?:RequestID: [^,]*, )?(?:HostID: [^,]*, )?)?"
    r"(?:api error )?"
)
# Its advice names a file that is no longer there: the working folder keeps it elsewhere, to push it.
_NOT_PERSISTED = "Failed to persist state to backend"
_NOT_RELEASED = "Error releasing the state lock"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_GO_FRACTION = re.compile(r"(\.\d{6})\d+")  # nanoseconds, which Python does not read
_LOCK = re.compile(r"^\s*(ID|Who|Operation|Created|Path):\s*(.*?)\s*$", re.M)


class UninitialisedError(InfrastructureError):
    """The working data does not fit the root any more: `init` again."""


class StalePlanError(InfrastructureError):
    """The state has changed since the plan was made."""


@dataclass(frozen=True)
class LockHolder:
    """Who holds a state's lock, as written in it. who: user@host; created: Unix time in seconds."""

    id: str
    who: str
    operation: str
    created: float
    when: str

    def is_held_by(self, who: str, since: float) -> bool:
        """Return whether this user on this host took it, not before that moment."""
        return self.who == who and self.created >= since - 1


class StaleLockError(LockedError):
    """The lock on the state is taken; `holder` says by whom."""

    def __init__(self, holder: LockHolder) -> None:
        super().__init__(
            "the terraform state is locked",
            why=f"by {holder.who} since {holder.when} ({holder.operation})",
            fix=f"wait for that run to end (--wait does); if it is certainly dead: {Command('unlock')}",
        )
        self.holder = holder


def translate(errors: Sequence[Diagnostic], raw: Sequence[str], doing: str) -> EpochctlError:
    """Return the error that `errors` (else the end of the raw output) amount to."""
    text = "\n".join(f"{error.summary}\n{error.detail}" for error in errors) or "\n".join(_unboxed(raw[-40:]))
    holder = lock_holder(text)
    if holder is not None:
        return StaleLockError(holder)
    if re.search(r"saved plan is stale", text, re.I):
        return StalePlanError(
            "the plan is out of date", why="the state has changed since", fix="run the same command again"
        )
    if _UNINITIALISED.search(text):
        return UninitialisedError(f"terraform {doing}: not initialised", why=text)
    return _by_words(text, _why(errors) or plain(text), doing)


def _unboxed(lines: Sequence[str]) -> list[str]:
    """Return the lines without the frame that Terraform draws around an error outside of JSON."""
    bare = [_COLOUR.sub("", line).lstrip("╷│╵").rstrip() for line in lines]
    return [line.removeprefix(" ") for line in bare if line]


def _by_words(text: str, why: str, doing: str) -> EpochctlError:
    if _SIGNED_OUT.search(text):
        return CredentialsError(
            "terraform has no valid AWS credentials", why=why, fix="sign in, then run the same command again"
        )
    if _DENIED.search(text):
        return CredentialsError(
            "AWS refused terraform's request", why=why, fix="ask for the permission named above"
        )
    if _PROVIDER.search(text):
        return ToolError(
            "terraform cannot get the AWS provider",
            why=why,
            fix="check the network, or name a mirror of hashicorp/aws in your terraform CLI configuration",
        )
    fix = (
        "raise the quota or remove what is not needed, then"
        if _QUOTA.search(text)
        else "when the cause is gone,"
    )
    return InfrastructureError(
        f"terraform {doing} failed", why=why, fix=f"{fix} run the same command again: it goes on from here"
    )


def with_errored_state(error: EpochctlError, path: Path | None) -> EpochctlError:
    """Return the same error with the place of the state that could not be uploaded."""
    if path is not None:
        error.why += f"\nthe state could not be uploaded; it is kept in {path}"
        error.fix = f"sign in again, then: {Command('resume')}"
    return error


def has_left_lock(errors: Sequence[Diagnostic]) -> bool:
    """Return whether the run ended with its lock still held: its credentials or the network were gone."""
    return any(error.summary == _NOT_RELEASED for error in errors)


def _why(errors: Sequence[Diagnostic]) -> str:
    lines = []
    causes = [
        error for error in errors if error.summary not in {_NOT_RELEASED, _NOT_PERSISTED}
    ]  # they follow from others
    for error in causes or errors:
        where = f"{short(error.address)}: " if error.address else ""
        detail = f"\n{error.detail}" if error.detail else ""
        lines.append(plain(f"{where}{error.summary}{detail}"))
    return "\n".join(lines)


def plain(text: str) -> str:
    """Return the text without the SDK's protocol status, request ids and retries."""
    return _SDK.sub("", text)


def lock_holder(text: str) -> LockHolder | None:
    """Return the holder in Terraform's "Error acquiring the state lock", or None for another error."""
    found = dict(_LOCK.findall(text))
    if "state lock" not in text or "ID" not in found:
        return None
    created = found.get("Created", "")
    return LockHolder(
        found["ID"], found.get("Who", ""), found.get("Operation", ""), _seconds(created), created
    )


def read_lock_holder(text: str) -> LockHolder | None:
    """Return the holder in the lock's own object; None where that is no lock of Terraform's."""
    try:
        lock = json.loads(text)
        created = datetime.fromisoformat(_GO_FRACTION.sub(r"\1", lock["Created"]).replace("Z", "+00:00"))
        return LockHolder(
            lock["ID"],
            lock["Who"],
            lock["Operation"],
            created.timestamp(),
            f"{created:%Y-%m-%d %H:%M:%S UTC}",
        )
    except (ValueError, KeyError, TypeError):
        return None


def _seconds(created: str) -> float:
    # As Go prints it: 2026-05-01 08:56:00.123456789 +0000 UTC
    match = re.match(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(\.\d+)? \+0000", created)
    if match is None:
        return 0.0
    whole = datetime.fromisoformat(match[1] + "+00:00").timestamp()
    return whole + float(match[2] or 0)
