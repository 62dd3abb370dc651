"""An EKS control plane: etcd and the Kubernetes binaries in one network namespace."""

from __future__ import annotations

import json
import shutil
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox.certificate_authority import CertificateAuthority
from sandbox.eks import kubeconfigs
from sandbox.network import iproute
from sandbox.network.addresses import AWS_ADDRESS, CONTROL_API_PORT
from sandbox.paths import Paths
from sandbox.process.supervised_process import SupervisedProcess

FIRST_ROUTE_TABLE = 100  # of routes, one for each cluster


@dataclass(frozen=True)
class ClusterPlan:
    """What a control plane is made from.

    number: 1.. within the instance; service_cidr: of cluster addresses; issuer: https URL.
    """

    name: str
    region: str
    number: int
    service_cidr: str
    service_address: str
    issuer: str
    endpoint_host: str

    @property
    def address(self) -> str:
        return f"192.0.2.{self.number}"

    @property
    def namespace(self) -> str:
        return f"cp{self.number}"

    @property
    def link_addresses(self) -> tuple[str, str]:
        """The two ends of its veth pair. Nodes and the instance's processes use the inner address."""
        return f"100.64.{self.number}.1", f"100.64.{self.number}.2"


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
        etcd = self._process("etcd", self._etcd()).start()
        apiserver = self._process("kube-apiserver", self._apiserver()).start()
        self._processes = [etcd, apiserver]
        apiserver.wait_until(lambda: self._ready(), seconds=90)
        for name, argv in (
            ("kube-controller-manager", self._controllers()),
            ("kube-scheduler", self._scheduler()),
        ):
            self._processes.append(self._process(name, argv).start())
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
        """The API server dies, and nobody starts it; what runs on the nodes goes on."""
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
        asked = urllib.request.Request(self._url + path, data, {"Content-Type": content_type}, method=method)
        with urllib.request.urlopen(asked, timeout=10, context=context) as response:
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

    def _etcd(self) -> list[str]:
        return [
            str(self._paths.bin / "etcd"),
            "--data-dir=etcd",
            "--listen-client-urls=http://127.0.0.1:2379",
            "--advertise-client-urls=http://127.0.0.1:2379",
            "--listen-peer-urls=http://127.0.0.1:2380",
            "--unsafe-no-fsync",  # the data ends with the instance
            "--log-level=warn",
        ]

    def _apiserver(self) -> list[str]:
        plan = self.plan
        return [
            str(self._paths.bin / "kube-apiserver"),
            "--etcd-servers=http://127.0.0.1:2379",
            "--bind-address=0.0.0.0",
            "--secure-port=443",
            f"--advertise-address={plan.address}",
            "--tls-cert-file=pki/apiserver.crt",
            "--tls-private-key-file=pki/apiserver.key",
            "--client-ca-file=pki/ca.crt",
            "--kubelet-client-certificate=pki/kubelet-client.crt",
            "--kubelet-client-key=pki/kubelet-client.key",
            "--kubelet-preferred-address-types=InternalIP",
            f"--service-account-issuer={plan.issuer}",
            f"--service-account-jwks-uri={plan.issuer}/keys",
            "--api-audiences=https://kubernetes.default.svc",
            "--service-account-key-file=pki/sa.pub",
            "--service-account-signing-key-file=pki/sa.key",
            "--authentication-token-webhook-config-file=authenticator.kubeconfig",
            "--authentication-token-webhook-version=v1",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            f"--service-cluster-ip-range={plan.service_cidr}",
            "--enable-aggregator-routing=true",  # webhooks are dialled at their pods: here is no kube-proxy
            "--allow-privileged=true",
            "--profiling=false",
        ]

    def _controllers(self) -> list[str]:
        return [
            str(self._paths.bin / "kube-controller-manager"),
            f"--kubeconfig={self.kubeconfig('system:kube-controller-manager', 'system:masters')}",
            "--service-account-private-key-file=pki/sa.key",
            "--root-ca-file=pki/ca.crt",
            "--use-service-account-credentials",
            "--leader-elect=false",
            "--profiling=false",
        ]

    def _scheduler(self) -> list[str]:
        kubeconfig = self.kubeconfig("system:kube-scheduler", "system:masters")
        return [
            str(self._paths.bin / "kube-scheduler"),
            f"--kubeconfig={kubeconfig}",
            "--leader-elect=false",
            "--profiling=false",
        ]

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
