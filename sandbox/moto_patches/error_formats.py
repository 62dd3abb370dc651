"""How AWS's services say no: each protocol's wire format and words, for what all of them refuse.

Knows nothing of keys, shares and faults: only how an answer is written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Dialect = Literal["query", "ec2", "json", "rest-json", "rest-xml", "s3", "registry"]
Header = tuple[bytes, bytes]


@dataclass(frozen=True)
class Refusal:
    """One answer: the status, the service's own code, and what it says."""

    status: int
    code: str
    message: str


@dataclass(frozen=True)
class Written:
    """A refusal as it goes over the wire."""

    headers: tuple[Header, ...]
    body: bytes


_TOKEN = "The security token included in the request is"
_INVALID = Refusal(403, "InvalidClientTokenId", f"{_TOKEN} invalid.")
_UNRECOGNIZED = Refusal(400, "UnrecognizedClientException", f"{_TOKEN} invalid.")
_NO_LOGIN = Refusal(403, "DENIED", "Your authorization token has expired. Reauthenticate and try again.")

UNKNOWN: Mapping[Dialect, Refusal] = {
    "query": _INVALID,
    "rest-xml": _INVALID,
    "ec2": Refusal(401, "AuthFailure", "AWS was not able to validate the provided access credentials"),
    "json": _UNRECOGNIZED,
    "rest-json": Refusal(403, _UNRECOGNIZED.code, _UNRECOGNIZED.message),
    "s3": Refusal(
        403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."
    ),
    "registry": _NO_LOGIN,
}
"""An access key that nobody has."""

EXPIRED: Mapping[Dialect, Refusal] = {
    "query": Refusal(403, "ExpiredToken", f"{_TOKEN} expired"),
    "rest-xml": Refusal(403, "ExpiredToken", f"{_TOKEN} expired"),
    "ec2": Refusal(400, "RequestExpired", "Request has expired."),
    "json": Refusal(400, "ExpiredTokenException", f"{_TOKEN} expired"),
    "rest-json": Refusal(403, "ExpiredTokenException", f"{_TOKEN} expired"),
    "s3": Refusal(400, "ExpiredToken", "The provided token has expired."),
    "registry": _NO_LOGIN,
}
"""Credentials whose time is over."""

THROTTLED: Mapping[Dialect, Refusal] = {
    "query": Refusal(400, "Throttling", "Rate exceeded"),
    "rest-xml": Refusal(400, "Throttling", "Rate exceeded"),
    "ec2": Refusal(503, "RequestLimitExceeded", "Request limit exceeded."),
    "json": Refusal(400, "ThrottlingException", "Rate exceeded"),
    "rest-json": Refusal(429, "ThrottlingException", "Rate exceeded"),
    "s3": Refusal(503, "SlowDown", "Please reduce your request rate."),
    "registry": Refusal(429, "TOOMANYREQUESTS", "Rate exceeded"),
}
"""Too many calls."""


def dialect_of(service: str, content_type: str, target: str) -> Dialect:
    """The protocol a request was made in. target: the header X-Amz-Target, which only JSON services have."""
    if service in ("registry", "s3", "ec2"):
        return service  # type: ignore[return-value]
    if target or content_type.startswith("application/x-amz-json"):
        return "json"
    if service in ("route53", "cloudfront"):
        return "rest-xml"
    if content_type.startswith("application/x-www-form-urlencoded") or service in ("sts", "iam"):
        return "query"
    return "rest-json"


def write(dialect: Dialect, refusal: Refusal) -> Written:
    """The refusal in the words of that protocol."""
    code, message = refusal.code, refusal.message
    if dialect == "registry":
        return _json({"errors": [{"code": code, "message": message}]})
    if dialect in ("json", "rest-json"):
        return _json({"__type": code, "message": message}, (b"x-amzn-errortype", code.encode()))
    error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    if dialect == "ec2":
        return _xml(f"<Response><Errors>{error}</Errors><RequestID>sandbox</RequestID></Response>")
    if dialect == "s3":
        return _xml(error.replace("</Error>", "<RequestId>sandbox</RequestId></Error>"))
    typed = error.replace("<Error>", "<Error><Type>Sender</Type>")
    return _xml(f"<ErrorResponse>{typed}<RequestId>sandbox</RequestId></ErrorResponse>")


def _json(document: object, *headers: Header) -> Written:
    body = json.dumps(document).encode()
    return Written(((b"content-type", b"application/json"), *headers), body)


def _xml(document: str) -> Written:
    return Written(((b"content-type", b"text/xml"),), f'<?xml version="1.0"?>{document}'.encode())
