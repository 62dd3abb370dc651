"""The image registries: ECR with login and repositories, and the public ones, over one data plane.

An ASGI application in front of `crane registry serve`. Each registry host is a folder of that data plane.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx

from sandbox.frontend.asgi import body_chunks, header, respond
from sandbox.moto_patches.backends import ACCOUNT, backend
from sandbox.moto_patches.ecr_images import conflicts_with_immutable_tag, find_image, record_push
from sandbox.registry.replication import ImageReplication, Push

ECR_HOST = re.compile(r"^(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com$")
PUBLIC_HOSTS = ("public.ecr.aws", "registry.k8s.io")
MANIFEST = re.compile(r"^/v2/(?P<name>.+)/manifests/(?P<reference>[^/]+)$")
MANIFEST_BYTES = 4_000_000
_DROPPED = {b"host", b"connection", b"authorization", b"transfer-encoding", b"content-length"}


def ecr_password() -> str:
    """The password of ECR's user AWS, as GetAuthorizationToken gives it."""
    return f"{ACCOUNT}-auth-token"


class RegistryProxy:
    """ASGI: routes /v2/... of a registry host to the data plane at `upstream` (http base URL)."""

    def __init__(self, upstream: str, replication: ImageReplication | None = None) -> None:
        self._upstream = upstream
        self._replication = replication
        self._client: Any = None

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        host = header(scope, b"host").partition(":")[0]
        ecr = ECR_HOST.match(host)
        if ecr and not _authorized(header(scope, b"authorization")):
            challenge = f'Basic realm="https://{host}/",service="ecr.amazonaws.com"'
            await respond(
                send,
                401,
                _errors("UNAUTHORIZED", "Not Authorized"),
                ((b"www-authenticate", challenge.encode()),),
            )
            return
        if scope["path"] in ("/v2", "/v2/"):
            await respond(send, 200, b"{}")
            return
        if ecr:
            await self._ecr(ecr["region"], host, scope, receive, send)
        else:
            await self._forward(host, scope, body_chunks(receive), send)

    async def _ecr(self, region: str, host: str, scope: dict[str, Any], receive: Any, send: Any) -> None:
        name = re.sub(r"^/v2/|/(manifests|blobs|tags)/.*$", "", scope["path"])
        repository = backend("ecr", region).repositories.get(name)
        if repository is None:
            message = f"The repository with name '{name}' does not exist in the registry with id '{ACCOUNT}'"
            await respond(send, 404, _errors("NAME_UNKNOWN", message))
            return
        manifest = MANIFEST.match(scope["path"])
        if manifest is None:
            await self._forward(host, scope, body_chunks(receive), send)
        elif scope["method"] == "PUT":
            await self._put(region, host, name, manifest["reference"], scope, receive, send)
        elif find_image(repository, manifest["reference"]) is None:
            await respond(send, 404, _errors("MANIFEST_UNKNOWN", "Requested image not found"))
        else:
            await self._forward(host, scope, body_chunks(receive), send)

    async def _put(
        self,
        region: str,
        host: str,
        name: str,
        reference: str,
        scope: dict[str, Any],
        receive: Any,
        send: Any,
    ) -> None:
        body = b"".join([chunk async for chunk in body_chunks(receive)])[:MANIFEST_BYTES]
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        repository = backend("ecr", region).repositories[name]
        if conflicts_with_immutable_tag(repository, reference, digest):
            message = f"The image tag '{reference}' already exists in the '{name}' repository"
            await respond(send, 400, _errors("TAG_INVALID", f"{message} and cannot be overwritten"))
            return
        status = await self._forward(host, scope, _once(body), send)
        if status == 201:
            tag = "" if reference.startswith("sha256:") else reference
            media_type = header(scope, b"content-type")
            record_push(region, name, body, digest, tag, media_type)
            if self._replication is not None:
                self._replication.enqueue(region, Push(name, body, digest, tag, media_type))

    async def _forward(self, host: str, scope: dict[str, Any], body: AsyncIterator[bytes], send: Any) -> int:
        if self._client is None:
            self._client = httpx.AsyncClient(base_url=self._upstream, timeout=60, trust_env=False)
        path = scope["raw_path"].decode().split("?")[0].replace("/v2/", f"/v2/{host}/", 1)
        query = scope["query_string"].decode()
        headers = [(k, v) for k, v in scope["headers"] if k not in _DROPPED]
        length = header(scope, b"content-length")
        if length:
            headers.append((b"content-length", length.encode()))
        content = body if scope["method"] in ("PUT", "POST", "PATCH") else None
        request = self._client.build_request(
            scope["method"], path + (f"?{query}" if query else ""), headers=headers, content=content
        )
        response = await self._client.send(request, stream=True)
        try:
            await _relay(response, host, send)
        finally:
            await response.aclose()
        return int(response.status_code)


def _authorized(value: str) -> bool:
    kind, _, encoded = value.partition(" ")
    try:
        return kind.lower() == "basic" and base64.b64decode(encoded).decode() == f"AWS:{ecr_password()}"
    except ValueError:
        return False


def _errors(code: str, message: str) -> bytes:
    return json.dumps({"errors": [{"code": code, "message": message}]}).encode()


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body


async def _relay(response: Any, host: str, send: Any) -> None:
    headers = []
    for key, value in response.headers.raw:
        if key.lower() == b"location":
            value = value.replace(f"/v2/{host}/".encode(), b"/v2/")
            value = value[value.find(b"/v2/") :]
        headers.append((key.lower(), value))
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    async for chunk in response.aiter_raw():
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
