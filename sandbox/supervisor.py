"""The supervisor of a sandbox instance, inside its namespaces: mounts, network, AWS account and processes.

python -m sandbox.supervisor <paths as JSON>
"""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path
from typing import Any

from a2wsgi import WSGIMiddleware
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from sandbox.certificate_authority import CertificateAuthority
from sandbox.eks.clusters import Clusters
from sandbox.errors import SandboxError
from sandbox.faults.fault import FaultContext
from sandbox.faults.switchboard import Switchboard
from sandbox.frontend.aws_frontend import AwsFrontend
from sandbox.frontend.control_api import ControlApi
from sandbox.frontend.github_oidc import GithubIssuer
from sandbox.frontend.idempotency import IdempotencyMiddleware
from sandbox.frontend.web_servers import WebServers
from sandbox.moto_patches import (
    acm_certificates,
    cloudformation,
    ec2,
    ec2_dependencies,
    ec2_instances,
    ecr_replication,
    eks_clusters,
    foreign_dns,
    iam,
    identity,
    inventory,
    quotas,
    route53_health_checks,
    route53_record_changes,
    shield,
    web_identity,
)
from sandbox.moto_patches.backends import backend
from sandbox.moto_patches.elbv2 import LoadBalancers
from sandbox.network import iproute
from sandbox.network.addresses import AWS_ADDRESS, CONTROL_API_PORT, DNS_ADDRESS
from sandbox.network.dns_server import DnsResponder, DnsServer
from sandbox.network.health_checkers import HealthCheckers
from sandbox.network.vpc import VpcNetworks
from sandbox.paths import Paths
from sandbox.preparation import images
from sandbox.process.supervised_process import SupervisedProcess
from sandbox.registry.proxy import RegistryProxy
from sandbox.registry.replication import ImageReplication

ZONE = "sandbox.test"
REGISTRY_PORT = 9912
SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
)
log = logging.getLogger("supervisor")


class Supervisor:
    """Everything that runs, started in order and ended in reverse."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._authority = CertificateAuthority.load_or_create(paths.authority)
        self._load_balancers = LoadBalancers()
        self._health_checkers = HealthCheckers(self._addresses_of)
        self._replication = ImageReplication(_REGISTRY_URL)
        known = (self._cluster_address, self._instance_address, self._health_checkers.is_passing)
        self._dns = DnsResponder(self._load_balancers, *known)
        self._github = GithubIssuer()
        self._dns_server = DnsServer(self._dns)
        self._clusters = Clusters(paths, VpcNetworks(self._dns_server))
        self._processes: list[SupervisedProcess] = []
        self._web_servers: WebServers | None = None

    def start(self) -> None:
        """Bring everything up; ready.json is written last."""
        self._mount()
        iproute.configure_instance()
        registry = self._registry_process().start()
        self._processes.append(registry)
        self._install_patches()
        user = self._create_account()
        self._dns_server.listen(DNS_ADDRESS)
        self._health_checkers.start()
        self._replication.start()
        self._serve()
        load_balancer = self._process(
            "balancer", [sys.executable, "-m", "sandbox.network.load_balancer", _CONTROL_API_URL]
        ).start()
        self._processes.append(load_balancer)
        registry.wait_until(lambda: _is_answering(f"{_REGISTRY_URL}/v2/"), seconds=20)
        images.seed(self._paths.registry, f"127.0.0.1:{REGISTRY_PORT}")
        registry.wait_until(lambda: _is_answering(f"{_CONTROL_API_URL}/ready"), seconds=30)
        (self._paths.state / "inventory-before.json").write_text(json.dumps(inventory.lines()))
        self._write_ready_file(user)

    def stop(self) -> None:
        self._clusters.stop()
        for process in reversed(self._processes):
            process.stop(grace=2)
        if self._web_servers is not None:
            self._web_servers.stop()

    def watch(self, stop: threading.Event) -> None:
        """Return when `stop` is set. Raises SandboxError if a process ends by itself."""
        while not stop.wait(0.5):
            for process in self._processes:
                if not process.alive:
                    raise SandboxError(
                        f"{process.name} ended by itself", fix="epoch-sandbox logs " + process.name
                    )

    def _cluster_address(self, host: str) -> str | None:
        return self._clusters.cluster_address(host)

    def _instance_address(self, host: str) -> str | None:
        return self._clusters.instance_address(host)

    def _addresses_of(self, host: str) -> tuple[str, ...]:
        return self._dns.addresses(host)

    def _mount(self) -> None:
        paths = self._paths
        paths.live.mkdir(parents=True, exist_ok=True)
        _mount("-t", "tmpfs", "-o", "mode=0755", "tmpfs", str(paths.live))
        resolver = Path(os.path.realpath("/etc/resolv.conf"))
        _mount("-t", "tmpfs", "-o", "mode=0755", "tmpfs", "/run")
        Path("/run/netns").mkdir()
        resolver_config = paths.live / "resolv.conf"
        resolver_config.write_text(f"nameserver {DNS_ADDRESS}\noptions timeout:2 attempts:2\n")
        resolver.parent.mkdir(parents=True, exist_ok=True)
        if not resolver.exists():
            resolver.touch()
        _mount("--bind", str(resolver_config), str(resolver))
        for bundle in SYSTEM_BUNDLES:
            if os.path.exists(bundle):
                _mount("--bind", str(paths.ca_bundle), os.path.realpath(bundle))

    def _registry_process(self) -> SupervisedProcess:
        disk = self._paths.live / "registry"
        images.link_blobs(self._paths.registry, disk)
        argv = [
            str(self._paths.bin / "crane"),
            "registry",
            "serve",
            "--address",
            f"127.0.0.1:{REGISTRY_PORT}",
            "--disk",
            str(disk),
        ]
        return self._process("registry", argv)

    def _install_patches(self) -> None:
        acm_certificates.install(self._authority)
        self._load_balancers.install()
        eks_clusters.install(self._clusters)
        iam.install()
        ec2.install()
        cloudformation.install()
        quotas.install()
        shield.install()
        ec2_instances.install(self._clusters.console)
        ec2_dependencies.install()
        route53_record_changes.install()
        route53_health_checks.install(self._health_checkers.observations)
        ecr_replication.install(self._replication.progress)
        identity.install()
        web_identity.install(
            lambda issuer: self._github.public_key(issuer) or self._clusters.public_key(issuer)
        )

    def _create_account(self) -> identity.Caller:
        """Create what a new account has: a user with an access key, and a hosted zone for the host name."""
        route53 = backend("route53", "")
        route53.create_hosted_zone(f"{ZONE}.", private_zone=False, comment="made by the sandbox")
        foreign_dns.create_zone()
        return identity.create_user()

    def _serve(self) -> None:
        moto = DomainDispatcherApplication(create_backend_app)

        def terminated(environ: dict[str, Any], start: Any) -> Any:
            # boto3's uploads to S3 are chunked: no length, but an end. Without this they read as empty.
            return moto({**environ, "wsgi.input_terminated": True}, start)

        aws = IdempotencyMiddleware(WSGIMiddleware(terminated, workers=24))
        registry = RegistryProxy(_REGISTRY_URL, self._replication)
        frontend = AwsFrontend(aws, registry, self._clusters, self._paths.charts)
        faults = Switchboard(
            FaultContext(self._clusters, self._load_balancers, self._dns, frontend, self._renew_credentials)
        )
        control_api = ControlApi(self._clusters, self._load_balancers, faults, self._dns, self._github)
        self._web_servers = WebServers(
            frontend, control_api.application(), self._authority, self._paths.live / "tls"
        )
        self._web_servers.start()

    def _process(self, name: str, argv: list[str]) -> SupervisedProcess:
        env = {**self._paths.environment(), "PYTHONPATH": str(Path(__file__).resolve().parents[1])}
        return SupervisedProcess(name, argv, logs=self._paths.logs, env=env)

    def _renew_credentials(self) -> None:
        self._write_ready_file(identity.renew_access_key())

    def _write_ready_file(self, user: identity.Caller) -> None:
        ready = {
            "AWS_ACCESS_KEY_ID": user.access_key_id,
            "AWS_SECRET_ACCESS_KEY": user.secret_access_key,
            "API_HOSTNAME": f"epoch.{ZONE}",
        }
        path, partial = self._paths.state / "ready.json", self._paths.state / "ready.partial"
        partial.touch(mode=0o600)
        partial.write_text(json.dumps(ready))
        partial.rename(path)  # atomic: a reader must never see half of it


_REGISTRY_URL = f"http://127.0.0.1:{REGISTRY_PORT}"
_CONTROL_API_URL = f"http://{AWS_ADDRESS}:{CONTROL_API_PORT}"


def _mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, timeout=10, check=False)
    if done.returncode:
        raise SandboxError(f"mount {' '.join(arguments)} failed", why=done.stderr.strip())


def _is_answering(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except OSError:
        return False


def main(argument: str) -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    known: dict[str, Any] = {key: Path(value) for key, value in json.loads(argument).items()}
    paths = Paths(**known)
    os.environ.update(paths.environment())
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    supervisor = Supervisor(paths)
    try:
        supervisor.start()
        supervisor.watch(stop)
    except SandboxError as error:
        log.error("%s", error)
        (paths.state / "failed.json").write_text(
            json.dumps(dataclasses.asdict(_Failure(error.what, error.why)))
        )
        return 1
    finally:
        supervisor.stop()
    return 0


@dataclasses.dataclass(frozen=True)
class _Failure:
    what: str
    why: str


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
