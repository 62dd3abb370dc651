"""An AWS session: who we are; clients with bounded retries and timeouts. boto3 clients are made only here.

Knows no service in particular. boto3 is imported when the first client is made: `--help` must not pay for it.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
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

    def forget(self) -> None:
        """Ask the credentials' source anew from here on."""
        with self._lock:
            self._session = None
            self._clients.clear()

    def account_id(self) -> str:
        """Twelve digits. Raises CredentialsError where nobody is signed in."""
        return str(self.call(lambda: self.client("sts").get_caller_identity())["Account"])

    def caller_arn(self) -> str:
        """The ARN of who we are."""
        return str(self.call(lambda: self.client("sts").get_caller_identity())["Arn"])

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
