"""How long the credentials in use are valid, and whether their source renews them. Never shows one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from epochctl.aws.session import Aws
from epochctl.errors import CredentialsError
from epochctl.workflow.budget import Remaining

# The environment is what it was when we started; every other source with an end is asked again by the SDKs.
FIXED = {"env", "explicit", "shared-credentials-file", "config-file"}
# Asked again it may well give the same again, and only later newer ones: what it gives now is what counts.
UNSURE = {"custom-process"}


def time_left(aws: Aws, now: datetime | None = None) -> Remaining | None:
    """Return the time that is left, None where the credentials have no known expiry.

    Raises CredentialsError where there are none, or where they have expired and cannot be renewed.
    """
    found = aws.call(lambda: _asked(aws))
    ends = getattr(found, "_expiry_time", None)  # botocore has no public word for it
    if ends is None:
        return None
    method = str(getattr(found, "method", ""))
    left = (ends - (now or datetime.now(UTC))).total_seconds()
    return Remaining(left, ends.astimezone(UTC), method, renewed=method not in FIXED | UNSURE)


def has_unknown_expiry(aws: Aws) -> bool:
    """Return whether they expire at an unknown time: those of a session, without their expiry."""
    found = aws.call(lambda: aws.session().get_credentials())
    return bool(found and found.token) and getattr(found, "_expiry_time", None) is None


def renew(aws: Aws) -> Remaining | None:
    """Read the credentials from their source again, and return the time that is left."""
    aws.reset()
    return time_left(aws)


def _asked(aws: Aws) -> Any:
    found = aws.session().get_credentials()
    if found is None:
        raise CredentialsError(
            "no AWS credentials", fix="sign in (aws sso login, aws configure, AWS_PROFILE=...)"
        )
    found.get_frozen_credentials()  # some sources are first asked now
    return found
