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
    """One break. words: for the table; fault: of the sandbox, "" for the drill's own `--break targets`."""

    name: str
    words: str
    fault: str = ""


TRIALS = (
    Trial("network", "its network is cut", "region-network"),
    Trial("targets", "all its pods are ended"),
    Trial("control-plane", "its control plane is dead", "region-control-plane"),
)


def settings(policy: str) -> str:
    """epochctl.toml."""
    return f"{HEAD}\n{ROUTING[policy]}\n{CLUSTER}"
