"""The cost of an environment by part, from its settings and the prices. What depends on use is named."""

from __future__ import annotations

from dataclasses import dataclass

from epochctl.config.prices import MONTH, Prices
from epochctl.config.settings import Settings

ZONES = 3  # of the VPC: subnets, addresses of the load balancer, NAT gateways of `per-az`
DISK = 20  # GB of a node's root volume, unless the launch template said otherwise
HEALTH_CHECK = "Route 53, https, every 10 s; the check itself is free for an account's first 50"
NAT_CHOICES = ("none", "single", "per-az")
USAGE = (
    "traffic through NAT, to the internet and between zones; load balancer capacity units",
    "images in ECR, terraform's state in S3, queries to Route 53: cents; CloudWatch logs: none are turned on",
)


@dataclass(frozen=True)
class Part:
    """One line of the bill; an hour, in US dollars. hourly None: the table has no price for it."""

    name: str
    what: str
    hourly: float | None

    @property
    def monthly(self) -> float | None:
        return None if self.hourly is None else self.hourly * MONTH


def parts(settings: Settings, prices: Prices) -> tuple[Part, ...]:
    """Return every part that is billed by the hour."""
    cluster = settings.cluster
    kind = cluster.instance_types[0]
    price = prices.nodes.get(kind)
    gateways, addresses = nat_gateways(cluster.nat), public_addresses(settings)
    return (
        Part("control plane", f"EKS {cluster.version}, standard support", prices.control_plane),
        Part("nodes", f"{cluster.nodes} {kind}", None if price is None else cluster.nodes * price),
        Part("node disks", f"{cluster.nodes} of {DISK} GB gp3", cluster.nodes * DISK * prices.disk),
        Part("NAT", f"{cluster.nat}, gateways: {gateways}", gateways * prices.nat),
        Part("load balancer", "application", prices.load_balancer),
        Part("public IPv4", f"{addresses} addresses", addresses * prices.address),
        *((Part("health check", HEALTH_CHECK, prices.health_check),) if settings.is_multi_region else ()),
    )


def hourly(settings: Settings, prices: Prices) -> float:
    """Return the US dollars an hour of all parts that have a price."""
    return sum(part.hourly or 0.0 for part in parts(settings, prices))


def nat_gateways(nat: str) -> int:
    return {"none": 0, "single": 1, "per-az": ZONES}[nat]


def nat_hourly(nat: str, prices: Prices) -> float:
    """Return the US dollars an hour of the gateways of a choice and their addresses, without the nodes'."""
    return nat_gateways(nat) * (prices.nat + prices.address)


def public_addresses(settings: Settings) -> int:
    """Return how many: one in each zone for the load balancer, one a gateway; without gateways one a node."""
    gateways = nat_gateways(settings.cluster.nat)
    return ZONES + (gateways or settings.cluster.nodes)
