"""An EKS control plane: etcd and the Kubernetes binaries in one network namespace."""

from __future__ import annotations

import json
import shutil
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox.certificate_authority import CertificateAuthority
from sandbox.eks import component_commands, kubeconfigs
from sandbox.eks.cluster_plan import ClusterPlan
from sandbox.network import iproute
from sandbox.network.addresses import AWS_ADDRESS, CONTROL_API_PORT
from sandbox.paths import Paths
from sandbox.process.supervised_process import SupervisedProcess

FIRST_ROUTE_TABLE = 100  # of routes, one for each cluster


class ControlPlane:
    """The processes, certificates and administrator's access of one cluster."""

    def __init__(self, plan: ClusterPlan, paths: Paths) -> None:
        self.plan = plan
        self._paths = paths
        # A later cluster of the same name is another one: neither data nor identities of this one.
        self.directory = paths.live / "clusters" / f"{plan.name}-{plan.number}"
        self.authority = CertificateAuthority.create(f"{plan.name} cluster CA")
        self._processes: list[SupervisedProcess] = []

    def start(self) -> None:
        """Bring it up; returns when it is ready. Raises SandboxError with the part's last lines."""
        self._create_network()
        self._write_identity()
        etcd = self._process("etcd", component_commands.etcd(self._paths)).start()
        apiserver = self._process(
            "kube-apiserver", component_commands.apiserver(self._paths, self.plan)
        ).start()
        self._processes = [etcd, apiserver]
        apiserver.wait_until(lambda: self._ready(), seconds=90)
        for name, command in (
            ("kube-controller-manager", component_commands.controller_manager),
            ("kube-scheduler", component_commands.scheduler),
        ):
            kubeconfig = self.kubeconfig(f"system:{name}", "system:masters")
            self._processes.append(self._process(name, command(self._paths, kubeconfig)).start())
        apiserver.wait_until(
            lambda: self._exists("/api/v1/namespaces/default/serviceaccounts/default"), seconds=60
        )

    def stop(self) -> None:
        processes, self._processes = self._processes, []
        for process in reversed(processes):
            process.stop(grace=3)
        iproute.delete_link(f"cp{self.plan.number}")
        iproute.delete_namespace(self.plan.namespace)
        shutil.rmtree(self.directory, ignore_errors=True)

    def halt(self) -> None:
        """Kill the API server without a restart. Pods on the nodes keep running."""
        if self._processes:
            self._processes[1].stop(grace=0)

    def resume(self) -> None:
        """Undo `halt`; raises SandboxError when it does not come back."""
        if self._processes and not self._processes[1].alive:
            self._processes[1].start().wait_until(self._ready, seconds=90)

    @property
    def running(self) -> bool:
        return bool(self._processes) and all(process.alive for process in self._processes)

    def kubeconfig(self, common_name: str, organization: str) -> Path:
        """A kubeconfig whose client certificate says who one is; made once each."""
        path = self.directory / f"{common_name.replace(':', '-')}.kubeconfig"
        if not path.exists():
            pair = self.authority.issue(common_name=common_name, organization=organization, client=True)
            certificate, key = pair.write(self.directory / "pki", path.stem)
            path.write_text(
                json.dumps(
                    kubeconfigs.client_kubeconfig(
                        self._url, self.directory / "pki" / "ca.crt", certificate, key
                    )
                )
            )
        return path

    def request(
        self, path: str, method: str = "GET", body: Any = None, content_type: str = "application/json"
    ) -> Any:
        """One call to the API server as its administrator. Raises urllib.error.HTTPError."""
        certificate, key = self.directory / "pki" / "admin.crt", self.directory / "pki" / "admin.key"
        context = ssl.create_default_context(cafile=str(self.directory / "pki" / "ca.crt"))
        context.load_cert_chain(certificate, key)
        data = None if body is None else json.dumps(body).encode()
        http_request = urllib.request.Request(
            self._url + path, data, {"Content-Type": content_type}, method=method
        )
        with urllib.request.urlopen(http_request, timeout=10, context=context) as response:
            content = response.read()
        return json.loads(content) if content[:1] in (b"{", b"[") else content.decode()

    def apply(self, path: str, body: Any) -> None:
        """Create an object; already there is success."""
        try:
            self.request(path, "POST", body)
        except urllib.error.HTTPError as error:
            if error.code != 409:
                raise

    @property
    def signing_public_key(self) -> str:
        return (self.directory / "pki" / "sa.pub").read_text()

    @property
    def _url(self) -> str:
        return f"https://{self.plan.link_addresses[1]}"

    def _process(self, name: str, argv: list[str]) -> SupervisedProcess:
        return SupervisedProcess(
            f"{self.plan.name}-{self.plan.region}-{name}",
            argv,
            logs=self._paths.logs,
            env=self._paths.environment(),
            namespace=self.plan.namespace,
            cwd=self.directory,
        )

    def _create_network(self) -> None:
        plan = self.plan
        outer, inner = plan.link_addresses
        iproute.create_namespace(plan.namespace)
        iproute.connect_point_to_point(plan.namespace, f"cp{plan.number}", outer, inner)
        for address in (plan.address, plan.service_address):
            iproute.ip_in_namespace(plan.namespace, "address", "add", f"{address}/32", "dev", "lo")
            iproute.ip("route", "replace", f"{address}/32", "via", inner)

    def route_service_range(self, bridge: str) -> None:
        """Let the instances on that bridge reach the service range's own API server."""
        plan = self.plan
        iproute.route_from_bridge(
            bridge, f"{plan.service_address}/32", plan.link_addresses[1], FIRST_ROUTE_TABLE + plan.number
        )

    def _write_identity(self) -> None:
        pki, plan = self.directory / "pki", self.plan
        self.authority.save(pki)
        names = (
            "kubernetes",
            "kubernetes.default",
            "kubernetes.default.svc",
            "kubernetes.default.svc.cluster.local",
        )
        self.authority.issue(
            plan.endpoint_host,
            *names,
            plan.address,
            plan.link_addresses[1],
            plan.service_address,
            "127.0.0.1",
            common_name="kube-apiserver",
        ).write(pki, "apiserver")
        self.authority.issue(common_name="kube-apiserver", organization="system:masters", client=True).write(
            pki, "kubelet-client"
        )
        self.authority.issue(common_name="sandbox", organization="system:masters", client=True).write(
            pki, "admin"
        )
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        (pki / "sa.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.TraditionalOpenSSL,
                serialization.NoEncryption(),
            )
        )
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        (pki / "sa.pub").write_bytes(public)
        (self.directory / "authenticator.kubeconfig").write_text(
            json.dumps(
                kubeconfigs.webhook_kubeconfig(
                    f"http://{AWS_ADDRESS}:{CONTROL_API_PORT}/eks/{plan.region}/{plan.name}/authenticate"
                )
            )
        )

    def _ready(self) -> bool:
        try:
            return bool(self.request("/readyz") == "ok")
        except OSError:
            return False

    def _exists(self, path: str) -> bool:
        try:
            self.request(path)
        except OSError:
            return False
        return True
