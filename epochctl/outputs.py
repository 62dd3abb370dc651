"""What steps publish and read: frozen facts about the world. The types are the edges of the step graph."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Certificate:
    """An issued ACM certificate. Produced by `acm-cert`."""

    arn: str
    hostname: str


@dataclass(frozen=True)
class Infrastructure:
    """The outputs of the terraform root in terraform/ (same names there). Produced by `infra-up`.

    vpc_id: vpc-...; subnet ids are ordered by availability zone;
    repository_url is <account>.dkr.ecr.<region>.amazonaws.com/<name>;
    lb_controller_role_arn is "" when lb_controller.identity is "eksctl".
    """

    region: str
    account_id: str
    vpc_id: str
    public_subnet_ids: tuple[str, ...]
    private_subnet_ids: tuple[str, ...]
    cluster_name: str
    cluster_version: str
    node_group_name: str
    node_architecture: str
    oidc_provider_arn: str
    repository_url: str
    repository_name: str
    lb_controller_role_arn: str
    lb_controller_policy_arn: str


@dataclass(frozen=True)
class LoadBalancerController:
    """The controller runs and its webhook admits an Ingress. Produced by `lb-controller`."""

    version: str
    chart_version: str


@dataclass(frozen=True)
class Image:
    """An OCI image layout on disk, not yet pushed. Produced by `build`.

    layout: path of an OCI image layout directory (index.json, blobs/); digest: sha256:... of the manifest;
    platform: "linux/amd64"; tag: an immutable tag derived from the digest.
    """

    layout: str
    digest: str
    tag: str
    platform: str
    size: int


@dataclass(frozen=True)
class PushedImage:
    """An image that nodes can pull: repository@digest. Produced by `push`."""

    repository: str
    digest: str
    tag: str

    @property
    def reference(self) -> str:
        return f"{self.repository}@{self.digest}"


@dataclass(frozen=True)
class Release:
    """A deployed revision whose pods run `digest`, served by the load balancer. Produced by `deploy`."""

    revision: int
    namespace: str
    digest: str
    url: str
    load_balancer: str


@dataclass(frozen=True)
class Verification:
    """Every layer was right. layers: (name, what was seen), in order. Produced by `verify`."""

    url: str
    layers: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class DnsRecord:
    """The host name points at the load balancer. Produced by `dns`.

    managed: True when the record is ours in a Route 53 zone of the account; False when the user adds it.
    """

    hostname: str
    target: str
    managed: bool
