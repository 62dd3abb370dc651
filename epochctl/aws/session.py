"""The AWS session: clients with bounded retries and timeouts, requests and pages, errors as EpochctlError.

boto3 is imported only here, when the first client is made: `--help` must not pay for it.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from epochctl.errors import CredentialsError, EpochctlError

T = TypeVar("T")

_MISSING = {"NoCredentialsError", "PartialCredentialsError", "ProfileNotFound", "NoAuthTokenError"}
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
_DENIED = {
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "SignatureDoesNotMatch",
    "AuthFailure",
    "403",
}
_WORDLESS = "400"  # an answer to HEAD has no body: so S3 says that a token expired or is no good
_REFUSAL = re.compile(
    r"^An error occurred \(([\w.]+)\) when calling the (\w+) operation(?: \(reached max retries: \d+\))?: "
)


class Aws:
    """Clients of one region, made once each; safe to share between threads."""

    def __init__(self, region: str) -> None:
        self.region = region
        self._lock = threading.Lock()
        self._session: Any = None
        self._clients: dict[tuple[str, str], Any] = {}

    def client(self, service: str, *, region: str = "") -> Any:
        """A boto3 client: 5 s to connect, 30 s to read, up to 8 tries with a growing pause."""
        key = (service, region or self.region)
        with self._lock:
            if key not in self._clients:
                import boto3
                from botocore.config import Config

                self._session = self._session or boto3.Session(region_name=self.region)
                config = Config(
                    connect_timeout=5,
                    read_timeout=30,
                    retries={"mode": "standard", "max_attempts": 8},
                    user_agent_extra="epochctl",
                )
                self._clients[key] = self._session.client(service, region_name=key[1], config=config)
            return self._clients[key]

    def session(self) -> Any:
        """The boto3 session, for what needs credentials rather than a client (presigned tokens)."""
        self.client("sts")
        return self._session

    def reset(self) -> None:
        """Forget session and clients, so that the credentials are read from their source again."""
        with self._lock:
            self._session = None
            self._clients.clear()

    def account_id(self) -> str:
        """Twelve digits. Raises CredentialsError where nobody is signed in."""
        return str(self.request("sts", "get_caller_identity")["Account"])

    def caller_arn(self) -> str:
        """The ARN of who we are."""
        return str(self.request("sts", "get_caller_identity")["Arn"])

    def request(
        self, service: str, operation: str, /, *, absent: tuple[str, ...] = (), **arguments: Any
    ) -> dict[str, Any]:
        """Return the answer of one operation (boto3's name of it), such as request("ec2", "describe_vpcs").

        Raises LookupError with the code where AWS refuses with a code in `absent`, an EpochctlError for
        every other refusal.
        """
        method = getattr(self.client(service), operation)
        return self.call(lambda: method(**arguments), absent=absent)

    def find(
        self, service: str, operation: str, /, *, absent: tuple[str, ...], **arguments: Any
    ) -> dict[str, Any] | None:
        """Return the answer of one operation, None where AWS refuses with a code in `absent`."""
        try:
            return self.request(service, operation, absent=absent, **arguments)
        except LookupError:
            return None

    def pages(
        self, service: str, operation: str, /, *, absent: tuple[str, ...] = (), **arguments: Any
    ) -> Iterator[dict[str, Any]]:
        """Yield each page of an operation's answer as it is needed; one where the operation has no pages.

        Raises as `request` does.
        """
        client = self.client(service)
        if not client.can_paginate(operation):
            yield self.request(service, operation, absent=absent, **arguments)
            return
        pages = iter(client.get_paginator(operation).paginate(**arguments))
        while (page := self.call(lambda: next(pages, None), absent=absent)) is not None:
            yield page

    def items(
        self, service: str, operation: str, key: str, /, *, absent: tuple[str, ...] = (), **arguments: Any
    ) -> list[Any]:
        """Return what every page of an operation's answer has under `key`. Raises as `request` does."""
        pages = self.pages(service, operation, absent=absent, **arguments)
        return [item for page in pages for item in page[key]]

    def call(self, request: Callable[[], T], *, absent: tuple[str, ...] = ()) -> T:
        """Make a request. Codes in `absent` become LookupError, other refusals an EpochctlError."""
        try:
            return request()
        except EpochctlError:
            raise
        except Exception as error:
            raise _translated(error, absent) from error


def _translated(error: Exception, absent: tuple[str, ...]) -> Exception:
    kind = type(error).__name__
    response = getattr(error, "response", None) or {}
    code = str(response.get("Error", {}).get("Code", ""))
    if code in absent:
        return LookupError(code)
    why = _REFUSAL.sub(r"\2: \1: ", str(error))
    if kind in _MISSING:
        return CredentialsError(
            "no AWS credentials",
            why=why,
            fix="sign in (aws sso login, aws configure, AWS_PROFILE=...)",
        )
    if code == _WORDLESS:
        return CredentialsError(
            "AWS does not take the credentials",
            why=f"{why}; S3 says no more, so it answers those that have expired",
            fix="sign in again, then run the same command",
        )
    if code in _EXPIRED or kind in {"TokenRetrievalError", "SSOTokenLoadError", "UnauthorizedSSOTokenError"}:
        return CredentialsError(
            "the AWS credentials have expired", why=why, fix="sign in again, then run the same command"
        )
    if isinstance(error, RuntimeError) and "still expired" in str(error):  # botocore's; it has no class
        return CredentialsError(
            "the AWS credentials have expired",
            why="their source gives no newer ones",
            fix="sign in again, then run the same command",
        )
    if code in _DENIED:
        return CredentialsError(
            "AWS refused the request",
            why=why,
            fix="check `aws sts get-caller-identity` and its permissions",
        )
    if kind == "EndpointConnectionError":
        return EpochctlError("AWS does not answer", why=why, fix="check the region's name and the network")
    if response or type(error).__module__.startswith("botocore"):
        return EpochctlError("an AWS request failed", why=why)
    return error
