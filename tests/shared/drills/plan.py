"""What is tried: the settings of both policies, and what is broken. Pure."""

from __future__ import annotations

from dataclasses import dataclass

HOME, OTHER = "us-west-2", "us-east-1"
HEAD = f'regions = ["{HOME}", "{OTHER}"]\n'
ROUTING = {
    "active-active": '[routing]\npolicy = "active-active"\nrecords = "latency"\n',
    "primary-standby": '[routing]\npolicy = "primary-standby"\nstandby_replicas = 0  # asleep until woken\n',
}
CLUSTER = "[cluster]\nnodes = 1\n"


@dataclass(frozen=True)
class Trial:
    """One break. words: for the table; arguments: of `epochctl failover drill`."""

    name: str
    words: str
    arguments: tuple[str, ...]


def _fault(name: str) -> tuple[str, ...]:
    """A fault of the sandbox; the drill tells the command the region."""
    return (
        "--break-command",
        f"epoch-sandbox fault start {name} region=$REGION",
        "--mend-command",
        f"epoch-sandbox fault stop {name}",
    )


TRIALS = (
    Trial("network", "its network is cut", _fault("region-network")),
    Trial("targets", "all its pods are ended", ("--break", "targets")),
    Trial("control-plane", "its control plane is dead", _fault("region-control-plane")),
)


def settings(policy: str) -> str:
    """epochctl.toml."""
    return f"{HEAD}\n{ROUTING[policy]}\n{CLUSTER}"
