"""The front answers in the protocol that was asked in, whatever goes wrong."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest
from botocore import parsers, session

from sandbox.faults import throttle
from sandbox.faults.fault import FaultContext
from sandbox.frontend.api_call import api_call, service_of
from sandbox.frontend.aws_frontend import AwsFrontend
from sandbox.moto_patches.error_formats import EXPIRED, THROTTLED, UNKNOWN_KEY, AwsError, Protocol, encode

NOBODY: Any = None
FORM = "application/x-www-form-urlencoded"
JSON = "application/x-amz-json-1.1"
REQUESTS = {
    "ec2": ("ec2.us-west-2.amazonaws.com", FORM, "ec2"),
    "sts": ("sts.us-west-2.amazonaws.com", FORM, "query"),
    "iam": ("iam.amazonaws.com", FORM, "query"),
    "elbv2": ("elasticloadbalancing.us-west-2.amazonaws.com", FORM, "query"),
    "acm": ("acm.us-west-2.amazonaws.com", JSON, "json"),
    "ecr": ("api.ecr.us-west-2.amazonaws.com", JSON, "json"),
    "eks": ("eks.us-west-2.amazonaws.com", "application/json", "rest-json"),
    "route53": ("route53.amazonaws.com", "", "rest-xml"),
    "s3": ("state.s3.us-west-2.amazonaws.com", "", "s3"),
}


def scope(host: str, content_type: str = "", path: str = "/") -> dict[str, Any]:
    headers = [(b"host", host.encode()), (b"content-type", content_type.encode())]
    return {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers}


class Transport:
    """What uvicorn gives: a connection that can be broken."""

    aborted = False

    def get_extra_info(self, _: str) -> Any:
        return self

    def setsockopt(self, *_: Any) -> None:
        pass

    def abort(self) -> None:
        self.aborted = True


class Client:
    """Sends one request to a front, and keeps what comes back."""

    def __init__(self) -> None:
        self.transport = Transport()
        self.status = 0
        self.body = b""

    async def send(self, message: dict[str, Any]) -> None:
        self.status = message.get("status", self.status)
        self.body += message.get("body", b"")

    def ask(self, frontend: AwsFrontend, asked: dict[str, Any], body: bytes = b"") -> Client:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body}

        asyncio.run(frontend(asked, receive, self.send))
        return self


async def aws(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})


class Clusters:
    def control_plane(self, region: str, name: str) -> Any:
        return object() if name == "epoch" else None


@pytest.fixture
def frontend() -> AwsFrontend:
    clusters: Any = Clusters()
    return AwsFrontend(aws, NOBODY, clusters, Path("/nowhere"))


@pytest.mark.parametrize("service", REQUESTS)
@pytest.mark.parametrize("words", [THROTTLED, EXPIRED, UNKNOWN_KEY], ids=["throttled", "expired", "unknown"])
def test_botocore_reads_each_refusal_as_the_services_own(
    service: str, words: dict[Protocol, AwsError]
) -> None:
    host, content_type, protocol = REQUESTS[service]
    call = api_call(scope(host, content_type))
    assert call.protocol == protocol
    refusal = words[call.protocol]
    written = encode(call.protocol, refusal)
    model = session.get_session().get_service_model(service)
    headers = {key.decode(): value.decode() for key, value in written.headers}
    answer = {"body": written.body, "headers": headers, "status_code": refusal.status, "context": {}}
    operation = model.operation_model(model.operation_names[0])
    parsed = parsers.create_parser(model.protocol).parse(answer, operation.output_shape)
    assert parsed["Error"]["Code"] == refusal.code
    assert parsed["Error"]["Message"] == refusal.message


@pytest.mark.parametrize(
    ("host", "service"),
    [
        ("s3.us-west-2.amazonaws.com", "s3"),
        ("s3-us-west-2.amazonaws.com", "s3"),
        ("a.bucket.s3.amazonaws.com", "s3"),
        ("api.ecr.us-west-2.amazonaws.com", "ecr"),
        ("123456789012.dkr.ecr.us-west-2.amazonaws.com", "registry"),
        ("elasticloadbalancing.us-west-2.amazonaws.com", "elasticloadbalancing"),
    ],
)
def test_the_service_is_in_the_name(host: str, service: str) -> None:
    assert service_of(host) == service


def throttled(frontend: AwsFrontend, **options: Any) -> Any:
    reach = FaultContext(NOBODY, NOBODY, NOBODY, frontend)
    return throttle.start(reach, {**throttle.FAULT.options, **options})


def test_a_share_of_calls_is_throttled_until_it_ends(frontend: AwsFrontend) -> None:
    stop = throttled(frontend, share=0.5)
    host = scope("ec2.us-west-2.amazonaws.com", FORM)
    statuses = [Client().ask(frontend, host).status for _ in range(200)]
    assert 60 < statuses.count(503) < 140
    assert statuses.count(200) + statuses.count(503) == 200
    stop()
    assert {Client().ask(frontend, host).status for _ in range(50)} == {200}


def test_only_the_services_that_are_named(frontend: AwsFrontend) -> None:
    throttled(frontend, share=1.0, services="s3,ecr")
    assert Client().ask(frontend, scope("s3.us-west-2.amazonaws.com")).status == 503
    assert Client().ask(frontend, scope("ec2.us-west-2.amazonaws.com", FORM)).status == 200


def test_a_reset_breaks_the_connection_without_a_word(frontend: AwsFrontend) -> None:
    throttled(frontend, share=1.0, mode="reset")
    client = Client().ask(frontend, scope("ec2.us-west-2.amazonaws.com", FORM))
    assert (client.transport.aborted, client.status) == (True, 0)


def test_a_lost_answer_is_that_of_a_call_which_was_made(frontend: AwsFrontend) -> None:
    throttled(frontend, share=1.0, mode="lost")
    made: list[bytes] = []

    async def counting(scope: dict[str, Any], receive: Any, send: Any) -> None:
        made.append((await receive())["body"])
        await aws(scope, receive, send)

    frontend._aws = counting
    client = Client().ask(frontend, scope("ec2.us-west-2.amazonaws.com", FORM), b"Action=CreateVpc")
    assert (client.transport.aborted, client.status, made) == (True, 0, [b"Action=CreateVpc"])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b'{"request": 1}', b"\xff\xfe"])
def test_rubbish_is_a_bad_request_for_the_pod_identity_webhook(
    frontend: AwsFrontend, body: bytes, seed: int
) -> None:
    noise = body or random.Random(seed).randbytes(64)
    asked = scope("pod-identity-webhook.us-west-2.eks.amazonaws.com", path="/epoch/mutate")
    assert Client().ask(frontend, asked, noise).status == 400


@pytest.mark.parametrize("path", ["", "/", "epoch", "/nobody/mutate"])
def test_a_webhook_of_no_cluster_is_not_found(frontend: AwsFrontend, path: str) -> None:
    asked = scope("pod-identity-webhook.us-west-2.eks.amazonaws.com", path=path)
    assert Client().ask(frontend, asked, b"{}").status in (400, 404)
