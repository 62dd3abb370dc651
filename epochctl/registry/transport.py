"""Requests to one registry: certificates, login, and trying again what may pass."""

from __future__ import annotations

import base64
import os
import re
import ssl
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urljoin, urlsplit

from pydantic import SecretStr

from epochctl.errors import ImageError

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")
Login = tuple[str, SecretStr]

_TRIES = 8  # of which one in five fails when a registry throttles: one push in thousands is given up
_PAUSE = 10.0  # seconds between two tries, at most
_TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')


class _Transient(Exception):
    """Something that may be over in a moment."""


class Transport:
    """Sends to `base` and to the places that it names.

    `login` goes to `base` and to its token service, nowhere else.
    """

    def __init__(self, base: str, login: Login | None, sleep: Callable[[float], None] = time.sleep) -> None:
        self.base, self._login, self._sleep = base, login, sleep
        self._bearer: SecretStr | None = None
        self._opened: httpx.Client | None = None

    def retry(self, operation: Callable[[], T]) -> T:
        """Run the whole operation again, at most _TRIES times, while what stops it may pass."""
        cause = ""
        for attempt in range(_TRIES):
            if attempt:
                self._sleep(min(0.5 * 2**attempt, _PAUSE))
            try:
                return operation()
            except _Transient as transient:
                cause = str(transient)
        raise ImageError(
            f"the registry {self.base} does not answer",
            why=cause,
            fix="see that the image's name is right and that this machine reaches its registry; then again",
        )

    def send(self, method: str, address: str, *expected: int, **arguments: Any) -> httpx.Response:
        """The answer. Raises ImageError unless its status is `expected`; only inside `persist`."""
        answer = self._send(method, address, **arguments)
        if answer.status_code == 401 and self._renew(answer.headers.get("www-authenticate", "")):
            answer = self._send(method, address, **arguments)
        if answer.status_code in _TRANSIENT:
            raise _Transient(f"{method} {answer.request.url.path}: {answer.status_code}")
        if answer.status_code not in expected:
            raise self._refused(answer)
        return answer

    def _send(self, method: str, address: str, **arguments: Any) -> httpx.Response:
        url = urljoin(self.base, address)
        request = self._client().build_request(method, url, **arguments)
        if urlsplit(url).netloc == urlsplit(self.base).netloc:
            self._sign(request)
        return self._exchange(request)

    def _exchange(self, request: httpx.Request) -> httpx.Response:
        import httpx

        try:
            # Blobs are often redirected to a store; httpx leaves the login behind on the way.
            return self._client().send(request, follow_redirects=request.method in ("GET", "HEAD"))
        except httpx.TransportError as error:
            raise self._interrupted(error) from error

    def _client(self) -> httpx.Client:
        import httpx

        if self._opened is None:
            self._opened = httpx.Client(verify=trust(), timeout=httpx.Timeout(60, connect=5))
        return self._opened

    def _sign(self, request: httpx.Request) -> None:
        if self._bearer is not None:
            request.headers["Authorization"] = f"Bearer {self._bearer.get_secret_value()}"
        elif self._login is not None:
            login = f"{self._login[0]}:{self._login[1].get_secret_value()}"
            request.headers["Authorization"] = f"Basic {base64.b64encode(login.encode()).decode()}"

    def _renew(self, challenge: str) -> bool:
        """Get the token that the registry asks for; False where it asks for none."""
        asked = dict(_PARAMETER.findall(challenge))
        if not challenge.lower().startswith("bearer ") or "realm" not in asked:
            return False
        if urlsplit(asked["realm"]).scheme != urlsplit(self.base).scheme:
            return False  # never send a login over plain http because an answer said so
        wanted = {name: asked[name] for name in ("service", "scope") if name in asked}
        request = self._client().build_request("GET", asked["realm"], params=wanted)
        self._bearer = None
        self._sign(request)
        answer = self._exchange(request)
        if answer.status_code != 200:
            return False
        self._bearer = SecretStr(answer.json().get("token") or answer.json().get("access_token", ""))
        return True

    def _interrupted(self, error: Exception) -> Exception:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            fix = "name the right CA bundle in SSL_CERT_FILE"
            return ImageError(f"the certificate of {self.base} is not trusted", why=str(error), fix=fix)
        return _Transient(f"{type(error).__name__}: {error}")

    def _refused(self, answer: httpx.Response) -> ImageError:
        request = answer.request
        why = f"{request.method} {request.url.path}: {answer.status_code} {answer.text[:500]}".strip()
        fix = "use an image that this registry gives to anybody, or copy it into the account's repository"
        fix = fix if answer.status_code in (401, 403) and self._login is None else ""
        return ImageError(f"the registry {self.base} refused a request", why=why, fix=fix)


def trust() -> ssl.SSLContext:
    """The system's certificate authorities (SSL_CERT_FILE is OpenSSL's own), and those that the AWS tools are
    told of.
    """
    context = ssl.create_default_context()
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE"):
        if bundle := os.environ.get(name):
            try:
                context.load_verify_locations(bundle)
            except OSError as error:
                fix = f"correct {name} or unset it"
                raise ImageError(f"{name} names no CA bundle", why=f"{bundle}: {error}", fix=fix) from error
    return context
