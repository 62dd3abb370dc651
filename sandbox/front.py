"""The world's TLS front on port 443: every AWS host name, each with a certificate of its own.

An ASGI application; knows hosts, not services.
"""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from sandbox import pod_identity
from sandbox.account.identity import access_key_of, refusal
from sandbox.clusters import Clusters
from sandbox.registry import ECR_HOST, PUBLIC_HOSTS, Registry, answer, chunks, header

CHARTS_HOST = "aws.github.io"
_WEBHOOK = re.compile(r"^pod-identity-webhook\.(?P<region>[a-z0-9-]+)\.eks\.amazonaws\.com$")
_ISSUER = re.compile(r"^oidc\.eks\.[a-z0-9-]+\.amazonaws\.com$")
_JSON_TYPES = ("application/x-amz-json", "application/json")


class Front:
    """Routes by host: registries, charts, OIDC issuers, pod identity, and the AWS APIs for all the rest."""

    def __init__(self, aws: Any, registry: Registry, clusters: Clusters, charts: Path) -> None:
        self._aws = aws
        self._registry = registry
        self._clusters = clusters
        self._charts = charts

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        host = header(scope, b"host").partition(":")[0].lower()
        webhook = _WEBHOOK.match(host)
        if ECR_HOST.match(host) or host in PUBLIC_HOSTS:
            await self._registry(scope, receive, send)
        elif host == CHARTS_HOST:
            await self._chart(scope, send)
        elif _ISSUER.match(host):
            await self._issuer(host, scope, send)
        elif webhook:
            await self._mutate(webhook["region"], scope, receive, send)
        else:
            await self._api(scope, receive, send)

    async def _api(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        key = access_key_of(header(scope, b"authorization"), scope["query_string"].decode())
        refused = refusal(key) if key else None
        if refused is None:
            await self._aws(scope, receive, send)
        else:
            await _refuse(scope, send, *refused)

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
        plane = self._clusters.plane(region, scope["path"].split("/")[1])
        body = json.loads(b"".join([chunk async for chunk in chunks(receive)]))
        if plane is None:
            await answer(send, 404, b"{}")
            return
        review = await asyncio.to_thread(pod_identity.review, plane, body)
        await answer(send, 200, json.dumps(review).encode())


async def _refuse(scope: dict[str, Any], send: Any, code: str, message: str) -> None:
    """AWS's refusal of credentials, in the protocol that was asked in."""
    host = header(scope, b"host")
    of_s3 = ".s3." in host or host.startswith("s3.")
    if code == "InvalidClientTokenId" and of_s3:
        code = "InvalidAccessKeyId"
    if code == "InvalidClientTokenId" and host.startswith("ec2."):
        code, message = "AuthFailure", "AWS was not able to validate the provided access credentials"
    if header(scope, b"content-type").startswith(_JSON_TYPES) or host.startswith("eks."):
        json_code = "UnrecognizedClientException" if code == "InvalidClientTokenId" else code + "Exception"
        body = json.dumps({"__type": json_code, "message": message}).encode()
        await answer(send, 403, body, ((b"x-amzn-errortype", json_code.encode()),))
        return
    error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    if not of_s3:
        error = f"<ErrorResponse>{error}<RequestId>sandbox</RequestId></ErrorResponse>"
    await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/xml")]})
    await send({"type": "http.response.body", "body": error.encode()})
