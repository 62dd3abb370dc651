"""iproute2 commands: bridges, veth pairs, network namespaces, addresses and routes.

Builds `ip` command lines and runs them.
"""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.network.addresses import LOAD_BALANCERS, SERVICES

BLACKHOLE_LINK = "void"  # a link that leads nowhere


def ip(*arguments: str) -> None:
    """Run one `ip` command. Raises SandboxError with its own words."""
    _run("ip", *arguments)


def ip_in_namespace(namespace: str, *arguments: str) -> None:
    """Run one `ip` command inside a named network namespace."""
    _run("nsenter", f"--net=/run/netns/{namespace}", "--", "ip", *arguments)


def _run(*argv: str) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)
    if done.returncode:
        raise SandboxError(f"{' '.join(argv)} failed", why=done.stderr.strip() or done.stdout.strip())


def configure_instance() -> None:
    """Loopback up, forwarding on, the service ranges local to this namespace, no route anywhere else."""
    ip("link", "set", "lo", "up")
    ip("link", "add", BLACKHOLE_LINK, "type", "bridge")
    ip("link", "set", BLACKHOLE_LINK, "arp", "off", "up")
    for cidr in (SERVICES, LOAD_BALANCERS):
        ip("route", "add", "local", cidr, "dev", "lo")  # makes every address of the range local
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").write_text("0")


def blackhole(address: str) -> None:
    """Drop all packets to the address. Open connections stall."""
    ip("route", "replace", f"{address}/32", "dev", BLACKHOLE_LINK, "table", "local")


def restore(address: str) -> None:
    """Undo `blackhole`; not cut is success."""
    with contextlib.suppress(SandboxError):
        ip("route", "delete", f"{address}/32", "dev", BLACKHOLE_LINK, "table", "local")


def create_bridge(name: str, address: str) -> None:
    """A VPC's router: a bridge that holds `address` (with prefix length)."""
    ip("link", "add", name, "type", "bridge")
    ip("address", "add", address, "dev", name)
    ip("link", "set", name, "up")


def route_from_bridge(bridge: str, destination: str, gateway: str, table: int) -> None:
    """What comes from `bridge` goes to `destination` by `gateway`, wherever others' packets to it go.

    Every cluster has the same service range; from inside its VPC, each must reach its own.
    """
    ip("route", "replace", destination, "via", gateway, "table", str(table))
    rule = ("iif", bridge, "to", destination, "lookup", str(table))
    with contextlib.suppress(SandboxError):  # the usual case: it was not there
        ip("rule", "delete", *rule)
    ip("rule", "add", *rule)


def route_host(address: str, bridge: str) -> None:
    """What goes to `address` leaves by `bridge`; the route goes with the bridge.

    Two VPCs may have one range; no two hosts have one address.
    """
    ip("route", "replace", f"{address}/32", "dev", bridge)


def delete_link(name: str) -> None:
    """Already absent is success. (/sys shows another network namespace's links: it cannot be asked.)"""
    try:
        ip("link", "delete", name)
    except SandboxError as error:
        if "Cannot find device" not in error.why:
            raise


def create_namespace(name: str) -> None:
    ip("netns", "add", name)
    ip_in_namespace(name, "link", "set", "lo", "up")


def delete_namespace(name: str) -> None:
    """Already absent is success; its ends of veth pairs go with it."""
    if Path(f"/run/netns/{name}").exists():
        ip("netns", "delete", name)


def connect_to_bridge(namespace: str, link: str, bridge: str) -> None:
    """A cable from `bridge` to the namespace's eth0; `link` names the outer end (15 characters at most)."""
    ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", namespace)
    ip("link", "set", link, "master", bridge, "up")


def connect_point_to_point(namespace: str, link: str, outer: str, inner: str) -> None:
    """A point-to-point cable: this side has address `outer`, the namespace's eth0 has `inner`."""
    ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", namespace)
    ip("address", "add", outer, "peer", inner, "dev", link)
    ip("link", "set", link, "up")
    ip_in_namespace(namespace, "address", "add", inner, "peer", outer, "dev", "eth0")
    ip_in_namespace(namespace, "link", "set", "eth0", "up")
    ip_in_namespace(namespace, "route", "add", "default", "via", outer)
