"""The two web servers of a sandbox instance: TLS on 443 for AWS, plain HTTP for the control API."""

from __future__ import annotations

import asyncio
import ssl
import threading
from pathlib import Path
from typing import Any

import uvicorn

from sandbox.certificate_authority import CertificateAuthority
from sandbox.network.addresses import AWS_ADDRESS, CONTROL_API_PORT


class WebServers:
    """Serves `frontend` (TLS) and `control_api` (http) from a thread of its own."""

    def __init__(
        self, frontend: Any, control_api: Any, authority: CertificateAuthority, directory: Path
    ) -> None:
        self._frontend = frontend
        self._control_api = control_api
        self._authority = authority
        self._directory = directory
        self._servers: list[uvicorn.Server] = []

    def start(self) -> None:
        """Begin to serve; returns at once."""
        certificate, key = self._authority.issue("localhost").write(self._directory, "default")
        tls = self._config(self._frontend, 443, ssl_certfile=str(certificate), ssl_keyfile=str(key))
        tls.load()
        assert tls.ssl is not None
        tls.ssl.sni_callback = self._choose
        plain = self._config(self._control_api, CONTROL_API_PORT)
        self._servers = [uvicorn.Server(tls), uvicorn.Server(plain)]
        threading.Thread(target=asyncio.run, args=(self._serve(),), name="services", daemon=True).start()

    @property
    def started(self) -> bool:
        return bool(self._servers) and all(server.started for server in self._servers)

    def stop(self) -> None:
        for server in self._servers:
            server.should_exit = True

    async def _serve(self) -> None:
        await asyncio.gather(*(server.serve() for server in self._servers))

    def _choose(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        if name:
            connection.context = self._authority.server_context(name.lower(), self._directory)

    def _config(self, application: Any, port: int, **tls: Any) -> uvicorn.Config:
        return uvicorn.Config(
            application,
            host=AWS_ADDRESS,
            port=port,
            log_level="warning",
            access_log=False,
            lifespan="off",
            timeout_keep_alive=75,
            timeout_graceful_shutdown=1,
            **tls,
        )
