"""Command lines of the control plane's components: etcd and the Kubernetes binaries."""

from __future__ import annotations

from pathlib import Path

from sandbox.eks.cluster_plan import ClusterPlan
from sandbox.paths import Paths


def etcd(paths: Paths) -> list[str]:
    return [
        str(paths.bin / "etcd"),
        "--data-dir=etcd",
        "--listen-client-urls=http://127.0.0.1:2379",
        "--advertise-client-urls=http://127.0.0.1:2379",
        "--listen-peer-urls=http://127.0.0.1:2380",
        "--unsafe-no-fsync",  # the data ends with the instance
        "--log-level=warn",
    ]


def apiserver(paths: Paths, plan: ClusterPlan) -> list[str]:
    return [
        str(paths.bin / "kube-apiserver"),
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


def controller_manager(paths: Paths, kubeconfig: Path) -> list[str]:
    return [
        str(paths.bin / "kube-controller-manager"),
        f"--kubeconfig={kubeconfig}",
        "--service-account-private-key-file=pki/sa.key",
        "--root-ca-file=pki/ca.crt",
        "--use-service-account-credentials",
        "--leader-elect=false",
        "--profiling=false",
    ]


def scheduler(paths: Paths, kubeconfig: Path) -> list[str]:
    return [
        str(paths.bin / "kube-scheduler"),
        f"--kubeconfig={kubeconfig}",
        "--leader-elect=false",
        "--profiling=false",
    ]
