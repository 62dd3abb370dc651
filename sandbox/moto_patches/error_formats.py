"""Error responses of AWS in each protocol's wire format: invalid keys, expired credentials, throttling."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Protocol = Literal["query", "ec2", "json", "rest-json", "rest-xml", "s3", "registry"]
Header = tuple[bytes, bytes]
_OWN_PROTOCOLS: Mapping[str, Protocol] = {"registry": "registry", "s3": "s3", "ec2": "ec2"}


@dataclass(frozen=True)
class AwsError:
    """One answer: the status, the service's own code, and what it says."""

    status: int
    code: str
    message: str


@dataclass(frozen=True)
class EncodedError:
    """A refusal as it goes over the wire."""

    headers: tuple[Header, ...]
    body: bytes


_TOKEN = "The security token included in the request is"
_INVALID = AwsError(403, "InvalidClientTokenId", f"{_TOKEN} invalid.")
_UNRECOGNIZED = AwsError(400, "UnrecognizedClientException", f"{_TOKEN} invalid.")
_NO_LOGIN = AwsError(403, "DENIED", "Your authorization token has expired. Reauthenticate and try again.")

UNKNOWN_KEY: Mapping[Protocol, AwsError] = {
    "query": _INVALID,
    "rest-xml": _INVALID,
    "ec2": AwsError(401, "AuthFailure", "AWS was not able to validate the provided access credentials"),
    "json": _UNRECOGNIZED,
    "rest-json": AwsError(403, _UNRECOGNIZED.code, _UNRECOGNIZED.message),
    "s3": AwsError(
        403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."
    ),
    "registry": _NO_LOGIN,
}
"""Errors for an access key that does not exist."""

EXPIRED: Mapping[Protocol, AwsError] = {
    "query": AwsError(403, "ExpiredToken", f"{_TOKEN} expired"),
    "rest-xml": AwsError(403, "ExpiredToken", f"{_TOKEN} expired"),
    "ec2": AwsError(400, "RequestExpired", "Request has expired."),
    "json": AwsError(400, "ExpiredTokenException", f"{_TOKEN} expired"),
    "rest-json": AwsError(403, "ExpiredTokenException", f"{_TOKEN} expired"),
    "s3": AwsError(400, "ExpiredToken", "The provided token has expired."),
    "registry": _NO_LOGIN,
}
"""Credentials whose time is over."""

THROTTLED: Mapping[Protocol, AwsError] = {
    "query": AwsError(400, "Throttling", "Rate exceeded"),
    "rest-xml": AwsError(400, "Throttling", "Rate exceeded"),
    "ec2": AwsError(503, "RequestLimitExceeded", "Request limit exceeded."),
    "json": AwsError(400, "ThrottlingException", "Rate exceeded"),
    "rest-json": AwsError(429, "ThrottlingException", "Rate exceeded"),
    "s3": AwsError(503, "SlowDown", "Please reduce your request rate."),
    "registry": AwsError(429, "TOOMANYREQUESTS", "Rate exceeded"),
}
"""Too many calls."""


def protocol_of(service: str, content_type: str, target: str) -> Protocol:
    """The protocol a request was made in. target: the header X-Amz-Target, which only JSON services have."""
    if service in _OWN_PROTOCOLS:
        return _OWN_PROTOCOLS[service]
    if target or content_type.startswith("application/x-amz-json"):
        return "json"
    if service in ("route53", "cloudfront"):
        return "rest-xml"
    if content_type.startswith("application/x-www-form-urlencoded") or service in ("sts", "iam"):
        return "query"
    return "rest-json"


def encode(protocol: Protocol, aws_error: AwsError) -> EncodedError:
    """The refusal in the words of that protocol."""
    code, message = aws_error.code, aws_error.message
    if protocol == "registry":
        return _json({"errors": [{"code": code, "message": message}]})
    if protocol in ("json", "rest-json"):
        return _json({"__type": code, "message": message}, (b"x-amzn-errortype", code.encode()))
    error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    if protocol == "ec2":
        return _xml(f"<Response><Errors>{error}</Errors><RequestID>sandbox</RequestID></Response>")
    if protocol == "s3":
        return _xml(error.replace("</Error>", "<RequestId>sandbox</RequestId></Error>"))
    typed = error.replace("<Error>", "<Error><Type>Sender</Type>")
    return _xml(f"<ErrorResponse>{typed}<RequestId>sandbox</RequestId></ErrorResponse>")


def _json(document: object, *headers: Header) -> EncodedError:
    body = json.dumps(document).encode()
    return EncodedError(((b"content-type", b"application/json"), *headers), body)


def _xml(document: str) -> EncodedError:
    return EncodedError(((b"content-type", b"text/xml"),), f'<?xml version="1.0"?>{document}'.encode())
