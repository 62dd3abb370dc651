"""The TLS frontend on port 443: an ASGI application for every AWS host name. It routes by host."""

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
from sandbox.frontend.api_call import (
    ApiCall,
    Interceptor,
    LostResponse,
    Outcome,
    api_call,
    discard,
    send_outcome,
)
from sandbox.frontend.asgi import body_chunks, header, respond
from sandbox.moto_patches import iam_permissions
from sandbox.moto_patches.identity import credential_error
from sandbox.registry.proxy import ECR_HOST, PUBLIC_HOSTS, RegistryProxy

log = logging.getLogger("front")
CHARTS_HOST = "aws.github.io"
_WEBHOOK = re.compile(r"^pod-identity-webhook\.(?P<region>[a-z0-9-]+)\.eks\.amazonaws\.com$")
_ISSUER = re.compile(r"^oidc\.eks\.[a-z0-9-]+\.amazonaws\.com$")


class AwsFrontend:
    """Routes by host: registries, charts, OIDC issuers, pod identity, and the AWS APIs for all the rest."""

    def __init__(self, aws: Any, registry: RegistryProxy, clusters: Clusters, charts: Path) -> None:
        self._aws = aws
        self._registry = registry
        self._clusters = clusters
        self._charts = charts
        self._interceptors: list[Interceptor] = []

    def add_interceptor(self, interceptor: Interceptor) -> Callable[[], None]:
        """From now on, each call of an API is shown to it first; the result ends that."""
        self._interceptors = [*self._interceptors, interceptor]

        def end() -> None:
            self._interceptors = [each for each in self._interceptors if each is not interceptor]

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
            await self._oidc_document(host, scope, send)
        elif webhook:
            await self._mutate_pod(webhook["region"], scope, receive, send)
        else:
            await self._api(self._aws, scope, receive, send)

    async def _api(self, service: Any, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """A call that anything may happen to; most reach the service."""
        call = api_call(scope)
        outcome = self._outcome(call)
        made = outcome is None or isinstance(outcome, LostResponse)
        if made and iam_permissions.is_evaluated(call.service, call.key):
            body = b"".join([chunk async for chunk in body_chunks(receive)])
            receive = _replay(body, receive)
            denial = iam_permissions.denial(call.service, call.key, header(scope, b"x-amz-target"), body)
            outcome = denial or outcome
        if outcome is None:
            await service(scope, *_close_unread(scope, receive, send))
            return
        if isinstance(outcome, LostResponse):
            await service(scope, receive, discard)
        await send_outcome(call, outcome, receive, send)

    def _outcome(self, call: ApiCall) -> Outcome | None:
        credential_errors = credential_error(call.key) if call.key else None
        if credential_errors is not None:
            return credential_errors[call.protocol]
        outcomes = (interceptor(call) for interceptor in self._interceptors)
        return next((outcome for outcome in outcomes if outcome is not None), None)

    async def _chart(self, scope: dict[str, Any], send: Any) -> None:
        """The helm repository of EKS's charts: index.yaml and packages."""
        name = unquote(scope["path"]).removeprefix("/eks-charts/")
        path = self._charts / name
        if "/" in name or not path.is_file():
            await respond(send, 404, b"{}")
        else:
            await respond(send, 200, path.read_bytes())

    async def _oidc_document(self, host: str, scope: dict[str, Any], send: Any) -> None:
        """An EKS OIDC issuer: its discovery document and keys come from the cluster's own API server."""
        identifier, _, document = scope["path"].removeprefix("/id/").partition("/")
        issuer = f"https://{host}/id/{identifier}"
        plane = self._clusters.by_issuer(issuer)
        paths = {
            ".well-known/openid-configuration": "/.well-known/openid-configuration",
            "keys": "/openid/v1/jwks",
        }
        if plane is None or document not in paths:
            await respond(send, 404, b"{}")
            return
        await respond(send, 200, json.dumps(await asyncio.to_thread(plane.request, paths[document])).encode())

    async def _mutate_pod(self, region: str, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """The pod identity webhook of a cluster. What is no AdmissionReview is a bad request, as on EKS."""
        plane = self._clusters.control_plane(region, scope["path"].strip("/").partition("/")[0])
        body = b"".join([chunk async for chunk in body_chunks(receive)])
        if plane is None:
            await respond(send, 404, b"{}")
            return
        try:
            review = await asyncio.to_thread(pod_identity.review, plane, json.loads(body))
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            log.warning("pod identity webhook: %s: %s", type(error).__name__, error)
            await respond(send, 400, b'{"message": "not an AdmissionReview of a pod"}')
            return
        await respond(send, 200, json.dumps(review).encode())


def _close_unread(scope: dict[str, Any], receive: Any, send: Any) -> tuple[Any, Any]:
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


def _replay(body: bytes, receive: Any) -> Any:
    """A `receive` that gives a body that was read already, then whatever comes."""
    left = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Any:
        return left.pop() if left else await receive()

    return again
