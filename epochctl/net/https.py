"""HTTP and TLS to one named address: what a client of the service would see, layer by layer.

The address and the name are given apart, so that no resolver decides what is tested. Knows nothing of AWS.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

TIMEOUT = 5.0
TEXT = "text/plain, */*;q=0.1"
LONGEST_BODY = 65536


@dataclass(frozen=True)
class Response:
    """An HTTP answer. Header names are in lower case; the body is cut at LONGEST_BODY bytes."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str

    def header(self, name: str) -> str:
        """The first header of that name, or ""."""
        return next((value for key, value in self.headers if key == name), "")


@dataclass(frozen=True)
class Served:
    """The certificate that a verified handshake showed."""

    names: tuple[str, ...]
    issuer: str
    not_after: datetime


@dataclass(frozen=True)
class Failure:
    """No response. layer: where it failed; cause: the text of the error."""

    layer: Literal["connect", "tls", "http"]
    cause: str


class HttpsClient:
    """A client that connects to a given address instead of the name's."""

    def __init__(self, *, port: int = 443, plain_port: int = 80) -> None:
        self._port = port
        self._plain_port = plain_port

    def get(
        self, hostname: str, address: str, path: str = "/", *, verify: bool = True, accept: str = TEXT
    ) -> Response | Failure:
        """GET https://hostname/path from `address`. verify=False: any certificate will do, the name is
        still sent (SNI).
        """
        return self._exchange(hostname, address, self._port, path, _context(verify), accept)

    def get_plain(self, hostname: str, address: str, path: str = "/") -> Response | Failure:
        """GET http://hostname/path from `address`; redirects are answers."""
        return self._exchange(hostname, address, self._plain_port, path, None)

    def certificate(self, hostname: str, address: str) -> Served | Failure:
        """A handshake against the default trust (SSL_CERT_FILE counts), with the chain and the name
        checked.
        """
        connected = _connect(hostname, address, self._port, _context(True))
        if isinstance(connected, Failure):
            return connected
        with connected:
            shown = connected.getpeercert() if isinstance(connected, ssl.SSLSocket) else None
        return _served(shown or {})

    def _exchange(
        self,
        hostname: str,
        address: str,
        port: int,
        path: str,
        context: ssl.SSLContext | None,
        accept: str = TEXT,
    ) -> Response | Failure:
        connected = _connect(hostname, address, port, context)
        if isinstance(connected, Failure):
            return connected
        connection = http.client.HTTPConnection(hostname, port, timeout=TIMEOUT)
        connection.sock = connected
        try:
            headers = {
                "Host": hostname,
                "User-Agent": "epochctl",
                "Accept": accept,
                "Connection": "close",
            }
            connection.request("GET", path, headers=headers)
            return _response(connection.getresponse())
        except (OSError, http.client.HTTPException) as error:
            return Failure("http", str(error) or type(error).__name__)
        finally:
            connection.close()


def _connect(
    hostname: str, address: str, port: int, context: ssl.SSLContext | None
) -> socket.socket | Failure:
    try:
        raw = socket.create_connection((address, port), timeout=TIMEOUT)
    except OSError as error:
        return Failure("connect", f"{address} port {port}: {error}")
    if context is None:
        return raw
    try:
        return context.wrap_socket(raw, server_hostname=hostname)
    except (OSError, ssl.SSLError) as error:
        raw.close()
        return Failure("tls", _tls_cause(error))


def _context(verify: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _tls_cause(error: Exception) -> str:
    return getattr(error, "verify_message", "") or str(error) or type(error).__name__


def _response(answer: http.client.HTTPResponse) -> Response:
    headers = tuple((key.lower(), value) for key, value in answer.getheaders())
    return Response(answer.status, headers, answer.read(LONGEST_BODY).decode("utf-8", "replace"))


def _served(shown: Any) -> Served:
    names = tuple(str(value) for kind, value in shown.get("subjectAltName", ()) if kind == "DNS")
    issuer = {key: value for part in shown.get("issuer", ()) for key, value in part}
    seconds = ssl.cert_time_to_seconds(shown["notAfter"])
    return Served(
        names,
        issuer.get("commonName", issuer.get("organizationName", "")),
        datetime.fromtimestamp(seconds, UTC),
    )
