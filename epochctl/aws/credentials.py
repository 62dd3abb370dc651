"""How long the credentials in use last, and whether their source gives new ones by itself.

Knows the SDK's kinds of sources; nothing of what the time is needed for. Never shows a credential.
"""

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
    """What is left, None where the credentials have no end that anybody knows.

    Raises CredentialsError where there are none, or where they have ended and cannot be renewed.
    """
    found = aws.call(lambda: _asked(aws))
    ends = getattr(found, "_expiry_time", None)  # botocore has no public word for it
    if ends is None:
        return None
    method = str(getattr(found, "method", ""))
    left = (ends - (now or datetime.now(UTC))).total_seconds()
    return Remaining(left, ends.astimezone(UTC), method, renewed=method not in FIXED | UNSURE)


def has_unknown_expiry(aws: Aws) -> bool:
    """Whether they do end, and nobody says when: a session's, without their expiry."""
    found = aws.call(lambda: aws.session().get_credentials())
    return bool(found and found.token) and getattr(found, "_expiry_time", None) is None


def renew(aws: Aws) -> Remaining | None:
    """The same after the source was asked anew; what it gives is used from here on."""
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
