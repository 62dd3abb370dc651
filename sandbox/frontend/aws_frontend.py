"""The world's TLS front on port 443: every AWS host name, each with a certificate of its own.

An ASGI application; knows hosts, not services.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from sandbox.eks import pod_identity
from sandbox.eks.clusters import Clusters
from sandbox.frontend.api_call import ApiCall, Interference, Lost, Outcome, api_call, settle, unheard
from sandbox.frontend.asgi import answer, chunks, header
from sandbox.moto_patches import iam_permissions
from sandbox.moto_patches.identity import refusal
from sandbox.registry.proxy import ECR_HOST, PUBLIC_HOSTS, Registry

log = logging.getLogger("front")
CHARTS_HOST = "aws.github.io"
_WEBHOOK = re.compile(r"^pod-identity-webhook\.(?P<region>[a-z0-9-]+)\.eks\.amazonaws\.com$")
_ISSUER = re.compile(r"^oidc\.eks\.[a-z0-9-]+\.amazonaws\.com$")


class Front:
    """Routes by host: registries, charts, OIDC issuers, pod identity, and the AWS APIs for all the rest."""

    def __init__(self, aws: Any, registry: Registry, clusters: Clusters, charts: Path) -> None:
        self._aws = aws
        self._registry = registry
        self._clusters = clusters
        self._charts = charts
        self._interferences: list[Interference] = []

    def interfere(self, interference: Interference) -> Callable[[], None]:
        """From now on, each call of an API is shown to it first; the result ends that."""
        self._interferences = [*self._interferences, interference]

        def end() -> None:
            self._interferences = [each for each in self._interferences if each is not interference]

        return end

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        host = header(scope, b"host").partition(":")[0].lower()
        webhook = _WEBHOOK.match(host)
        if ECR_HOST.match(host):
            await self._api(self._registry, scope, receive, send)
        elif host in PUBLIC_HOSTS:
            await self._registry(scope, receive, send)
        elif host == CHARTS_HOST:
            await self._chart(scope, send)
        elif _ISSUER.match(host):
            await self._issuer(host, scope, send)
        elif webhook:
            await self._mutate(webhook["region"], scope, receive, send)
        else:
            await self._api(self._aws, scope, receive, send)

    async def _api(self, service: Any, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """A call that anything may happen to; most reach the service."""
        call = api_call(scope)
        outcome = self._outcome(call)
        made = outcome is None or isinstance(outcome, Lost)
        if made and iam_permissions.is_judged(call.service, call.key):
            body = b"".join([chunk async for chunk in chunks(receive)])
            receive = _once_more(body, receive)
            denial = iam_permissions.denial(call.service, call.key, header(scope, b"x-amz-target"), body)
            outcome = denial or outcome
        if outcome is None:
            await service(scope, *_in_step(scope, receive, send))
            return
        if isinstance(outcome, Lost):
            await service(scope, receive, unheard)
        await settle(call, outcome, receive, send)

    def _outcome(self, call: ApiCall) -> Outcome | None:
        refused = refusal(call.key) if call.key else None
        if refused is not None:
            return refused[call.dialect]
        outcomes = (interference(call) for interference in self._interferences)
        return next((outcome for outcome in outcomes if outcome is not None), None)

    async def _chart(self, scope: dict[str, Any], send: Any) -> None:
        """The helm repository of EKS's charts: index.yaml and packages."""
        name = unquote(scope["path"]).removeprefix("/eks-charts/")
        path = self._charts / name
        if "/" in name or not path.is_file():
            await answer(send, 404, b"{}")
        else:
            await answer(send, 200, path.read_bytes())

    async def _issuer(self, host: str, scope: dict[str, Any], send: Any) -> None:
        """An EKS OIDC issuer: its discovery document and keys come from the cluster's own API server."""
        identifier, _, document = scope["path"].removeprefix("/id/").partition("/")
        issuer = f"https://{host}/id/{identifier}"
        plane = self._clusters.by_issuer(issuer)
        paths = {
            ".well-known/openid-configuration": "/.well-known/openid-configuration",
            "keys": "/openid/v1/jwks",
        }
        if plane is None or document not in paths:
            await answer(send, 404, b"{}")
            return
        await answer(send, 200, json.dumps(await asyncio.to_thread(plane.request, paths[document])).encode())

    async def _mutate(self, region: str, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """The pod identity webhook of a cluster. What is no AdmissionReview is a bad request, as on EKS."""
        plane = self._clusters.plane(region, scope["path"].strip("/").partition("/")[0])
        body = b"".join([chunk async for chunk in chunks(receive)])
        if plane is None:
            await answer(send, 404, b"{}")
            return
        try:
            review = await asyncio.to_thread(pod_identity.review, plane, json.loads(body))
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            log.warning("pod identity webhook: %s: %s", type(error).__name__, error)
            await answer(send, 400, b'{"message": "not an AdmissionReview of a pod"}')
            return
        await answer(send, 200, json.dumps(review).encode())


def _in_step(scope: dict[str, Any], receive: Any, send: Any) -> tuple[Any, Any]:
    """Where a client waits for leave to send a body (Expect: 100-continue) and is answered without it being
    read, the connection ends, as S3 ends it: nobody could tell whether a body or a request comes next."""
    read = not header(scope, b"expect")

    async def receiving() -> Any:
        nonlocal read
        read = True
        return await receive()

    async def sending(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start" and not read:
            message = {**message, "headers": [*message.get("headers", ()), (b"connection", b"close")]}
        await send(message)

    return receiving, sending


def _once_more(body: bytes, receive: Any) -> Any:
    """A `receive` that gives a body that was read already, then whatever comes."""
    left = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Any:
        return left.pop() if left else await receive()

    return again
