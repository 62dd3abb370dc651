"""Client tokens: a request sent again with its token is answered as before, and nothing is made twice.

moto reads the tokens of ACM only. Knows where EC2 and EKS carry theirs; nothing of what they make.
"""

from __future__ import annotations

import json
import re
from typing import Any

from sandbox.frontend.api_call import service_of
from sandbox.frontend.asgi import chunks, header

_FORM = re.compile(rb"(?:^|&)ClientToken=([^&]+)")
_MOST = 1000  # tokens of one world
_LONGEST = 1 << 20


class Remembering:
    """An ASGI application around `aws`. The same token with other words is another request."""

    def __init__(self, aws: Any) -> None:
        self._aws = aws
        self._answers: dict[tuple[str, bytes], list[dict[str, Any]]] = {}

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        service = service_of(header(scope, b"host").partition(":")[0].lower())
        if scope["method"] != "POST" or service not in ("ec2", "eks"):
            await self._aws(scope, receive, send)
            return
        body = b"".join([chunk async for chunk in chunks(receive)])
        token = _token(service, body)
        asked = (f"{service} {scope['path']} {header(scope, b'host')}", body)
        if not token or len(body) > _LONGEST:
            await self._aws(scope, _given(body), send)
            return
        if asked not in self._answers:
            answer = await self._made(scope, body)
            if answer[0].get("status") != 200 or len(self._answers) >= _MOST:
                await _told(answer, send)
                return
            self._answers[asked] = answer
        await _told(self._answers[asked], send)

    async def _made(self, scope: dict[str, Any], body: bytes) -> list[dict[str, Any]]:
        answer: list[dict[str, Any]] = []

        async def keep(message: dict[str, Any]) -> None:
            answer.append(message)

        await self._aws(scope, _given(body), keep)
        return answer


def _token(service: str, body: bytes) -> str:
    if service == "ec2":
        found = _FORM.search(body)
        return found.group(1).decode("latin-1") if found else ""
    try:
        told = json.loads(body)
    except ValueError:
        return ""
    return str(told.get("clientRequestToken") or "") if isinstance(told, dict) else ""


def _given(body: bytes) -> Any:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _told(answer: list[dict[str, Any]], send: Any) -> None:
    for message in answer:
        await send(message)
