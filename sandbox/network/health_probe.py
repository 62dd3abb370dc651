"""One probe of a Route 53 health check: opens a connection and reports the result in Route 53's words."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from http import HTTPStatus

CONNECT_SECONDS, ANSWER_SECONDS, TCP_SECONDS = 4.0, 2.0, 10.0
BODY = 5120  # bytes of the answer in which a string is looked for


@dataclass(frozen=True)
class ProbeTarget:
    """What to probe: kind is a health check's type; name is its FQDN, "" without one."""

    id: str
    kind: str
    address: str
    port: int
    name: str
    path: str
    search: str
    sni: bool


async def probe(target: ProbeTarget) -> tuple[bool, str]:
    """Whether it is well, and the observation in Route 53's words."""
    prefix = f"Resolved IP: {target.address}. "
    try:
        if target.kind == "TCP":
            _, writer = await asyncio.wait_for(_connect(target), TCP_SECONDS)
            writer.close()
            return True, "Success: TCP connection established"
        reader, writer = await asyncio.wait_for(_connect(target), CONNECT_SECONDS)
        try:
            answer = await asyncio.wait_for(_send_request(target, reader, writer), ANSWER_SECONDS)
        finally:
            writer.close()
    except TimeoutError:
        return (
            False,
            f"Failure: {prefix}Connection timed out. The endpoint or the internet connection is down, or "
            "requests are being blocked by your firewall.",
        )
    except ssl.SSLError as error:
        return False, f"Failure: {prefix}SSL alert {error.reason or error}"
    except (OSError, ValueError, asyncio.IncompleteReadError) as error:
        return False, f"Failure: {prefix}{_error_text(error)}"
    return _evaluate(target, answer, prefix)


async def _connect(target: ProbeTarget) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if not target.kind.startswith("HTTPS"):
        return await asyncio.open_connection(target.address, target.port)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # health checkers validate none
    name = target.name if target.sni else ""
    return await asyncio.open_connection(target.address, target.port, ssl=context, server_hostname=name)


async def _send_request(
    target: ProbeTarget, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> bytes:
    usual = 443 if target.kind.startswith("HTTPS") else 80
    host = target.name or target.address
    host = host if target.port == usual else f"{host}:{target.port}"
    agent = f"Amazon-Route53-Health-Check-Service (ref {target.id}; report http://amzn.to/1vsZADi)"
    lines = (
        f"GET {target.path or '/'} HTTP/1.1",
        f"Host: {host}",
        f"User-Agent: {agent}",
        "Connection: close",
    )
    writer.write("\r\n".join((*lines, "", "")).encode())
    await writer.drain()
    head = await reader.readuntil(b"\r\n")
    if not target.search:
        return head
    return head + await reader.read(BODY)


def _evaluate(target: ProbeTarget, answer: bytes, prefix: str) -> tuple[bool, str]:
    version, _, rest = answer.partition(b" ")
    if not version.startswith(b"HTTP/") or not rest[:3].isdigit():
        return False, f"Failure: {prefix}The response is not HTTP"
    code = int(rest[:3])
    words = f"HTTP Status Code {code}, {_phrase(code)}"
    if not 200 <= code < 400:
        return False, f"Failure: {prefix}{words}"
    if target.search and target.search.encode() not in answer:
        return False, f"Failure: {prefix}{words}. Search string not found in the response body"
    return True, f"Success: {words}"


def _phrase(code: int) -> str:
    try:
        return HTTPStatus(code).phrase
    except ValueError:
        return "Unknown"


def _error_text(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "Connection refused"
    if isinstance(error, ConnectionResetError):
        return "Connection reset by peer"
    return str(error) or type(error).__name__
