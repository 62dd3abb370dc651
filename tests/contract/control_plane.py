"""A real API server on loopback ports: etcd, kube-apiserver and, if asked, the controller manager; from PATH.

One process class: start, health, early exit, TERM then KILL. A missing binary fails the test.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from ssl import create_default_context
from typing import Any
from urllib.error import HTTPError

TOKEN = "contract-test"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Part:
    """One program with a log file and a question that tells whether it is up."""

    argv: list[str]
    log: Path
    healthy: Callable[[], bool]
    process: subprocess.Popen[bytes] | None = None

    def start(self, deadline: float = 40.0) -> None:
        program = shutil.which(self.argv[0])
        assert program, f"{self.argv[0]} is not on PATH: the contract tests need it"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([program, *self.argv[1:]], stdout=log, stderr=subprocess.STDOUT)
        end = time.monotonic() + deadline
        while not self.healthy():
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-8:])
            assert self.process.poll() is None, f"{self.argv[0]} ended:\n{tail}"
            assert time.monotonic() < end, f"{self.argv[0]} is not up after {deadline} s:\n{tail}"
            time.sleep(0.1)

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)


@dataclass
class ControlPlane:
    """Satisfies what clients ask of a cluster's description: name, endpoint, ca_pem."""

    directory: Path
    controllers: bool = False
    name: str = "contract"
    endpoint: str = ""
    ca_pem: str = ""
    parts: list[Part] = field(default_factory=list)

    def start(self) -> ControlPlane:
        self.directory.mkdir(parents=True, exist_ok=True)
        try:
            etcd = self._start_etcd()
            self._start_api_server(etcd)
            if self.controllers:
                self._start_controllers()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        while self.parts:
            self.parts.pop().stop()

    def _start(self, argv: list[str], healthy: Callable[[], bool]) -> None:
        part = Part(argv, self.directory / f"{Path(argv[0]).name}.log", healthy)
        self.parts.append(part)
        part.start()

    def _start_etcd(self) -> str:
        client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        argv = ["etcd", "--data-dir", str(self.directory / "etcd"), "--unsafe-no-fsync"]
        argv += [f"--listen-client-urls={client}", f"--advertise-client-urls={client}"]
        argv += [f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}"]
        argv += [f"--initial-cluster=default={peer}"]
        self._start(argv, lambda: answers(f"{client}/health"))
        return client

    def _start_api_server(self, etcd: str) -> None:
        port, pki = free_port(), self.directory / "pki"
        pki.mkdir(exist_ok=True)
        key = pki / "sa.key"
        subprocess.run(["openssl", "genrsa", "-out", str(key), "2048"], check=True, capture_output=True)
        (pki / "tokens.csv").write_text(f"{TOKEN},admin,admin,system:masters\n")
        self.endpoint = f"https://127.0.0.1:{port}"
        argv = ["kube-apiserver", f"--etcd-servers={etcd}", f"--secure-port={port}", f"--cert-dir={pki}"]
        argv += ["--bind-address=127.0.0.1", "--advertise-address=127.0.0.1"]
        argv += ["--service-cluster-ip-range=10.96.0.0/16"]
        argv += [f"--service-account-key-file={key}", f"--service-account-signing-key-file={key}"]
        argv += ["--service-account-issuer=https://kubernetes.default.svc", "--authorization-mode=RBAC"]
        argv += [f"--token-auth-file={pki / 'tokens.csv'}", "--v=0"]
        certificate = pki / "apiserver.crt"
        self._start(argv, lambda: certificate.exists() and answers(f"{self.endpoint}/readyz", certificate))
        self.ca_pem = certificate.read_text()

    def _start_controllers(self) -> None:
        path, port = self.directory / "kubeconfig", free_port()
        certificate = self.directory / "pki" / "apiserver.crt"
        path.write_text(json.dumps(self.kubeconfig()))
        argv = ["kube-controller-manager", f"--kubeconfig={path}", "--leader-elect=false"]
        argv += ["--use-service-account-credentials", f"--root-ca-file={certificate}"]
        argv += [f"--secure-port={port}"]
        argv += [f"--service-account-private-key-file={self.directory / 'pki' / 'sa.key'}"]
        self._start(argv, lambda: self._account_exists())

    def _account_exists(self) -> bool:
        return answers(
            f"{self.endpoint}/api/v1/namespaces/default/serviceaccounts/default",
            self.directory / "pki" / "apiserver.crt",
        )

    def send(
        self, method: str, path: str, body: object = None, content: str = MERGE
    ) -> dict[str, Any] | None:
        """A request as whoever plays kubectl or a controller sends it; None for 404."""
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": content}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.endpoint + path, data, headers, method=method)
        try:
            context = create_default_context(cadata=self.ca_pem)
            with urllib.request.urlopen(request, timeout=30, context=context) as answer:
                return dict(json.loads(answer.read()))
        except HTTPError as error:
            if error.code == 404:
                return None
            raise

    def kubeconfig(self) -> dict[str, object]:
        authority = str(self.directory / "pki" / "apiserver.crt")
        cluster = {"server": self.endpoint, "certificate-authority": authority}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": cluster}],
            "users": [{"name": "u", "user": {"token": TOKEN}}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "x",
        }


def answers(url: str, certificate: Path | None = None) -> bool:
    """Whether a GET is answered with 200."""
    try:
        context = create_default_context(cafile=str(certificate)) if certificate else None
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {TOKEN}"})
        with urllib.request.urlopen(request, timeout=2, context=context) as answer:
            return bool(answer.status == 200)
    except (OSError, ValueError):
        return False
