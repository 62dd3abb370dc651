"""Temporary credentials of users (GetSessionToken), and the expiry of keys. moto has neither.

They are stored in moto's STS backend.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any

from moto.sts import responses

from sandbox.moto_patches.backends import backend


@dataclass(frozen=True)
class Session:
    """Credentials made for the owner of another key. expires: UTC without a zone, as moto has it."""

    owner: str
    secret: str
    expires: datetime.datetime


@dataclass
class _Store:
    sessions: dict[str, Session] = field(default_factory=dict)
    ends: dict[str, datetime.datetime] = field(default_factory=dict)


def now() -> datetime.datetime:
    """UTC without a zone, as moto keeps its times."""
    return datetime.datetime.now(datetime.UTC).replace(tzinfo=None)


def find(key: str) -> Session | None:
    return _store().sessions.get(key)


def issued_by(owner: str) -> list[str]:
    """Keys of the sessions that the owner of this key asked for."""
    return [key for key, session in list(_store().sessions.items()) if session.owner == owner]


def expire_at(key: str, at: datetime.datetime) -> None:
    """From `at` on, what is signed with the key is answered as expired."""
    _store().ends[key] = at


def is_expired(key: str, lifetime: datetime.datetime | None = None) -> bool:
    """Whether its own lifetime, or the end that was set for it, is over."""
    return any(moment is not None and moment <= now() for moment in (lifetime, _store().ends.get(key)))


def _store() -> _Store:
    known: _Store = vars(backend("sts", "")).setdefault("sandbox_known", _Store())
    return known


def install() -> None:
    """Patch GetSessionToken: real keys, with a lifetime, of whoever asks."""
    answer = responses.TokenResponse.get_session_token

    def get_session_token(self: Any) -> Any:
        result = answer(self)
        given = result.result["Credentials"]
        key = backend("iam", "").create_temp_access_key()
        _store().sessions[key.access_key_id] = Session(
            self.access_key, key.secret_access_key, given["Expiration"]
        )
        given.update(AccessKeyId=key.access_key_id, SecretAccessKey=key.secret_access_key)
        return result

    responses.TokenResponse.get_session_token = get_session_token
