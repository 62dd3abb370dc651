"""Client tokens of EC2 and EKS: a request that is sent again with its token gets the first answer again.

moto reads the tokens of ACM only.
"""

from __future__ import annotations

import json
import re
from typing import Any

from sandbox.frontend.api_call import service_of
from sandbox.frontend.asgi import body_chunks, header

_CLIENT_TOKEN = re.compile(rb"(?:^|&)ClientToken=([^&]+)")
MAX_TOKENS = 1000  # of one instance
MAX_BODY = 1 << 20


class IdempotencyMiddleware:
    """An ASGI application around `aws`. The same token with other words is another request."""

    def __init__(self, aws: Any) -> None:
        self._aws = aws
        self._answers: dict[tuple[str, bytes], list[dict[str, Any]]] = {}

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        service = service_of(header(scope, b"host").partition(":")[0].lower())
        if scope["method"] != "POST" or service not in ("ec2", "eks"):
            await self._aws(scope, receive, send)
            return
        body = b"".join([chunk async for chunk in body_chunks(receive)])
        token = _token(service, body)
        key = (f"{service} {scope['path']} {header(scope, b'host')}", body)
        if not token or len(body) > MAX_BODY:
            await self._aws(scope, _body_receiver(body), send)
            return
        if key not in self._answers:
            answer = await self._call(scope, body)
            if answer[0].get("status") != 200 or len(self._answers) >= MAX_TOKENS:
                await _replay_response(answer, send)
                return
            self._answers[key] = answer
        await _replay_response(self._answers[key], send)

    async def _call(self, scope: dict[str, Any], body: bytes) -> list[dict[str, Any]]:
        answer: list[dict[str, Any]] = []

        async def keep(message: dict[str, Any]) -> None:
            answer.append(message)

        await self._aws(scope, _body_receiver(body), keep)
        return answer


def _token(service: str, body: bytes) -> str:
    if service == "ec2":
        found = _CLIENT_TOKEN.search(body)
        return found.group(1).decode("latin-1") if found else ""
    try:
        fields = json.loads(body)
    except ValueError:
        return ""
    return str(fields.get("clientRequestToken") or "") if isinstance(fields, dict) else ""


def _body_receiver(body: bytes) -> Any:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _replay_response(answer: list[dict[str, Any]], send: Any) -> None:
    for message in answer:
        await send(message)
