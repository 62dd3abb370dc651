"""One listener of a load balancer: an HTTP or HTTPS server that carries out the listener's rules."""

from __future__ import annotations

import itertools
import random
import ssl
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from sandbox.network.load_balancer import listener_rules
from sandbox.network.load_balancer.target_health import TargetHealthChecks

SERVER = "awselb/2.0"
IDLE_SECONDS = 60.0
_HOP = {
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailers",
    "transfer-encoding",
    "upgrade",
}
_PAGE = (
    "<html>\r\n<head><title>{0}</title></head>\r\n"
    "<body>\r\n<center><h1>{0}</h1></center>\r\n</body>\r\n</html>\r\n"
)


class Listener:
    """Serves one port on each of the balancer's addresses. `config` may change while it runs."""

    def __init__(
        self, config: dict[str, Any], health: TargetHealthChecks, session: aiohttp.ClientSession
    ) -> None:
        self.config = config
        self._health = health
        self._session = session
        self._turn = itertools.count(random.randrange(1000))
        self._runner: web.ServerRunner | None = None
        self._contexts: dict[str, ssl.SSLContext] = {}

    async def start(self, addresses: list[str]) -> None:
        server = web.Server(self._handle, access_log=None, keepalive_timeout=IDLE_SECONDS)
        # Short: the data plane waits while a removed listener finishes its requests.
        self._runner = web.ServerRunner(server, shutdown_timeout=2)
        await self._runner.setup()
        for address in addresses:
            site = web.TCPSite(
                self._runner, address, self.config["port"], ssl_context=self._tls(), reuse_address=True
            )
            await site.start()

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def _tls(self) -> ssl.SSLContext | None:
        if self.config["protocol"] != "HTTPS":
            return None
        self._contexts = {name: _context(c) for c in self.config["certificates"] for name in c["names"]}
        first = next(iter(self._contexts.values()), None)
        if first is None:
            raise ValueError("an HTTPS listener without a certificate")
        outer = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        _load(outer, self.config["certificates"][0])
        outer.sni_callback = self._choose
        return outer

    def _choose(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        """Server name indication: the certificate of that name, else the default one."""
        server_name = (name or "").lower()
        chosen = self._contexts.get(server_name) or self._contexts.get("*." + server_name.partition(".")[2])
        if chosen is not None:
            connection.context = chosen

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        host = request.headers.get("Host", "").partition(":")[0]
        path = request.raw_path.partition("?")[0]
        for action in listener_rules.actions_for(self.config, host, path, request.method):
            answer: Callable[..., Any] | None = getattr(self, "_" + action["Type"].replace("-", "_"), None)
            if answer is not None:
                response: web.StreamResponse = await answer(request, action, host)
                return response
        return _page(503, "Service Temporarily Unavailable")

    async def _redirect(
        self, request: web.BaseRequest, action: dict[str, Any], host: str
    ) -> web.StreamResponse:
        config = action["RedirectConfig"]
        path, _, query = request.raw_path.partition("?")  # as it was sent: a decoded one may break the header
        location = listener_rules.redirect_location(
            config, host, self.config["port"], path, query, self.config["protocol"]
        )
        status = int(config.get("StatusCode", "HTTP_302").removeprefix("HTTP_"))
        reason = "Moved Permanently" if status == 301 else "Found"
        response = _page(status, reason)
        response.headers["Location"] = location
        return response

    async def _fixed_response(
        self, request: web.BaseRequest, action: dict[str, Any], host: str
    ) -> web.StreamResponse:
        config = action["FixedResponseConfig"]
        return web.Response(
            status=int(config["StatusCode"]),
            text=config.get("MessageBody") or "",
            content_type=config.get("ContentType") or "text/plain",
            headers={"Server": SERVER},
        )

    async def _forward(
        self, request: web.BaseRequest, action: dict[str, Any], host: str
    ) -> web.StreamResponse:
        groups = listener_rules.forward_groups(action)
        arn = (
            random.choices([g[0] for g in groups], [g[1] for g in groups])[0]
            if len(groups) > 1
            else groups[0][0]
        )
        targets = self._health.healthy(arn)
        if not targets:
            return _page(503, "Service Temporarily Unavailable")
        target = targets[next(self._turn) % len(targets)]
        try:
            return await self._pass_on(request, target)
        except TimeoutError:
            return _page(504, "Gateway Time-out")
        except aiohttp.ClientError:
            return _page(502, "Bad Gateway")

    async def _pass_on(self, request: web.BaseRequest, target: str) -> web.StreamResponse:
        headers = self._forwarded_headers(request)
        body = request.content if request.can_read_body else None
        url = f"http://{target}{request.raw_path}"
        async with self._session.request(
            request.method,
            URL(url, encoded=True),
            headers=headers,
            data=body,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=IDLE_SECONDS, sock_connect=10),
            auto_decompress=False,
        ) as upstream:
            response = web.StreamResponse(status=upstream.status, reason=upstream.reason)
            for key, value in upstream.headers.items():
                if key.lower() not in _HOP:
                    response.headers.add(key, value)
            await response.prepare(request)
            async for chunk in upstream.content.iter_any():
                await response.write(chunk)
            await response.write_eof()
            return response

    def _forwarded_headers(self, request: web.BaseRequest) -> CIMultiDict[str]:
        headers = CIMultiDict((k, v) for k, v in request.headers.items() if k.lower() not in _HOP)
        before = headers.get("X-Forwarded-For")
        client = request.remote or ""
        headers["X-Forwarded-For"] = f"{before}, {client}" if before else client
        headers["X-Forwarded-Proto"] = self.config["protocol"].lower()
        headers["X-Forwarded-Port"] = str(self.config["port"])
        headers.setdefault("X-Amzn-Trace-Id", f"Root=1-{int(time.time()):08x}-{random.getrandbits(96):024x}")
        return headers


def _page(status: int, reason: str) -> web.Response:
    return web.Response(
        status=status,
        text=_PAGE.format(f"{status} {reason}"),
        content_type="text/html",
        headers={"Server": SERVER},
    )


def _context(certificate: dict[str, Any]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _load(context, certificate)
    return context


def _load(context: ssl.SSLContext, certificate: dict[str, Any]) -> None:
    """load_cert_chain reads files only."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "pair.pem"
        path.touch(mode=0o600)
        path.write_text(certificate["certificate"] + certificate["key"])
        context.load_cert_chain(path)
