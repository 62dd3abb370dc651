"""What is sent again with its client token is made once, and answered as before."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sandbox.frontend.idempotency import IdempotencyMiddleware

EC2 = "ec2.us-west-2.amazonaws.com"
EKS = "eks.us-west-2.amazonaws.com"


class Aws:
    """Counts what is made. status: of its answers."""

    def __init__(self, status: int = 200) -> None:
        self.made: list[bytes] = []
        self.status = status

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        self.made.append((await receive())["body"])
        await send({"type": "http.response.start", "status": self.status, "headers": []})
        await send({"type": "http.response.body", "body": f"number {len(self.made)}".encode()})


def ask(application: IdempotencyMiddleware, host: str, body: bytes) -> bytes:
    said: list[bytes] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: dict[str, Any]) -> None:
        said.append(message.get("body", b""))

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"host", host.encode())]}
    asyncio.run(application(scope, receive, send))
    return b"".join(said)


@pytest.mark.parametrize(
    ("host", "body"),
    [
        (EC2, b"Action=CreateNatGateway&ClientToken=terraform-1&SubnetId=subnet-1"),
        (EKS, b'{"name": "epoch", "clientRequestToken": "1"}'),
    ],
)
def test_made_once(host: str, body: bytes) -> None:
    aws = Aws()
    application = IdempotencyMiddleware(aws)
    assert [ask(application, host, body) for _ in range(3)] == [b"number 1"] * 3
    assert aws.made == [body]


def test_without_a_token_or_with_another_it_is_made_again() -> None:
    aws = Aws()
    application = IdempotencyMiddleware(aws)
    for body in (b"Action=CreateVpc", b"Action=CreateVpc", b"A=B&ClientToken=1", b"A=B&ClientToken=2"):
        ask(application, EC2, body)
    assert len(aws.made) == 4


def test_a_refusal_is_not_remembered() -> None:
    aws = Aws(status=400)
    application = IdempotencyMiddleware(aws)
    assert ask(application, EC2, b"A=B&ClientToken=1") == b"number 1"
    assert ask(application, EC2, b"A=B&ClientToken=1") == b"number 2"


def test_other_services_read_their_own() -> None:
    aws = Aws()
    application = IdempotencyMiddleware(aws)
    for _ in range(2):
        ask(application, "acm.us-west-2.amazonaws.com", b'{"clientRequestToken": "1"}')
    assert len(aws.made) == 2
