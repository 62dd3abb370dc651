"""One call of an AWS API at the frontend, and the outcomes that a fault can give it instead of an answer."""

from __future__ import annotations

import asyncio
import re
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from socket import SO_LINGER, SOL_SOCKET
from typing import Any

from sandbox.frontend.asgi import body_chunks, header
from sandbox.moto_patches.error_formats import AwsError, Protocol, encode, protocol_of
from sandbox.moto_patches.identity import access_key_of
from sandbox.registry.proxy import ECR_HOST

_REGION = re.compile(r"\.([a-z]{2}(?:-[a-z]+)+-\d)\.")
_S3 = re.compile(r"^(.+\.)?s3[.-]")


@dataclass(frozen=True)
class ApiCall:
    """service: the first word of the host name (`registry`: an image registry). key: the access key id.

    region: "" for what is global.
    """

    service: str
    protocol: Protocol
    key: str
    region: str = ""


@dataclass(frozen=True)
class ConnectionReset:
    """The connection breaks instead of an answer; the call was not made."""


@dataclass(frozen=True)
class LostResponse:
    """The call is made, and the connection breaks instead of its answer.

    The client does not learn that the call took effect.
    """


Outcome = AwsError | ConnectionReset | LostResponse
Interceptor = Callable[[ApiCall], Outcome | None]
"""What a fault does to a call: nothing (None), or an outcome in its place."""


def api_call(scope: dict[str, Any]) -> ApiCall:
    """What is known of a request before its body is read."""
    host = header(scope, b"host").partition(":")[0].lower()
    service, region_match = service_of(host), _REGION.search(host)
    protocol = protocol_of(service, header(scope, b"content-type"), header(scope, b"x-amz-target"))
    key = access_key_of(header(scope, b"authorization"), scope["query_string"].decode("latin-1"))
    return ApiCall(service, protocol, key, region_match[1] if region_match else "")


def service_of(host: str) -> str:
    """Return the service (ec2, s3, ecr, registry ...) of a host name."""
    if ECR_HOST.match(host):
        return "registry"
    if _S3.match(host):
        return "s3"
    return host.removeprefix("api.").partition(".")[0]


async def send_outcome(call: ApiCall, outcome: Outcome, receive: Any, send: Any) -> None:
    """Answer with the outcome. The body is read first: the next request may follow on the same connection."""
    if isinstance(outcome, ConnectionReset | LostResponse):
        reset_connection(send)
        await asyncio.sleep(0.01)  # until uvicorn has noticed: it complains of answers that were not given
        return
    async for _ in body_chunks(receive):
        pass
    encoded = encode(call.protocol, outcome)
    length = (b"content-length", str(len(encoded.body)).encode())
    headers = [*encoded.headers, length]
    await send({"type": "http.response.start", "status": outcome.status, "headers": headers})
    await send({"type": "http.response.body", "body": encoded.body})


async def discard(message: dict[str, Any]) -> None:
    """A `send` for an answer that gets lost."""


def reset_connection(send: Any) -> None:
    """Break the connection with a TCP reset. ASGI has no word for it; uvicorn's `send` has a transport."""
    transport = send.__self__.transport
    socket = transport.get_extra_info("socket")
    with suppress(OSError):
        socket.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
