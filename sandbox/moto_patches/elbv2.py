"""ELBv2: load balancers as data for the data plane, and target health as the data plane reports it."""

from __future__ import annotations

import math
import threading
import time
from typing import Any

from moto.elbv2 import models

from sandbox.moto_patches import delays
from sandbox.moto_patches.acm_certificates import listener_certificates
from sandbox.moto_patches.backends import backend, backends_by_region
from sandbox.network.load_balancer.listener_rules import forward_groups

FIRST_ADDRESS = 10


class LoadBalancers:
    """Public addresses of the load balancers, and the health that the data plane reported. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._addresses: dict[str, tuple[str, ...]] = {}
        self._next = FIRST_ADDRESS
        self._health: dict[str, dict[str, dict[str, str]]] = {}
        self._draining: dict[str, dict[str, float]] = {}
        self._failing: dict[str, float] = {}  # by region; "": in all of them
        self._ready: dict[str, float] = {}

    def fail_checks(self, share: float, region: str = "") -> None:
        """Health checks fail for that share of each group's targets: for one at least, unless it is 0."""
        self._failing[region] = share

    def public_addresses(self, region: str) -> list[str]:
        """Every public address of the region's load balancers."""
        here = list(backend("elbv2", region).load_balancers.values())
        return [address for each in here for address in self._addresses_of(each)]

    def closed_addresses(self) -> frozenset[str]:
        """Return the addresses of the load balancers whose security groups have no ingress rule."""
        bare = [
            each
            for each in _all()
            if each.security_groups and not any(map(_has_ingress_rule, _security_groups(each)))
        ]
        return frozenset(address for each in bare for address in self._addresses_of(each))

    def install(self) -> None:
        """Patch moto: health is what was reported, and deregistered targets drain."""
        reported = self

        def describe_target_health(
            self: Any, target_group_arn: str, targets: list[dict[str, Any]]
        ) -> list[Any]:
            group = self.target_groups.get(target_group_arn)
            if group is None:
                raise models.TargetGroupNotFoundError()
            return reported.health(group, targets, models.FakeHealthStatus)

        activate = models.FakeLoadBalancer.activate

        def activated(balancer: Any) -> None:
            if time.monotonic() >= reported.ready_at(balancer.arn):
                activate(balancer)

        models.FakeLoadBalancer.activate = activated
        deregister = models.FakeTargetGroup.deregister

        def deregistered(group: Any, targets: list[dict[str, Any]]) -> None:
            known = [target for target in targets if target["Id"] in group.targets]
            deregister(group, known)  # what is not registered is no error on AWS
            reported.drain(group, [target["Id"] for target in known])

        models.ELBv2Backend.describe_target_health = describe_target_health
        models.FakeTargetGroup.deregister = deregistered

    def addresses(self, arn: str, count: int) -> tuple[str, ...]:
        """The balancer's public addresses, one a subnet, given once."""
        with self._lock:
            if arn not in self._addresses:
                self._addresses[arn] = tuple(f"203.0.113.{self._next + i}" for i in range(count))
                self._next = FIRST_ADDRESS + (self._next - FIRST_ADDRESS + count) % 230
            return self._addresses[arn]

    def _addresses_of(self, balancer: Any) -> tuple[str, ...]:
        return self.addresses(balancer.arn, len(balancer.subnets) or 1)

    def addresses_of_name(self, dns_name: str) -> tuple[str, ...]:
        """Addresses of the balancer with that DNS name; empty where there is none."""
        balancer = _find_by_name(dns_name)
        return self._addresses_of(balancer) if balancer else ()

    def is_healthy(self, dns_name: str) -> bool:
        """As EvaluateTargetHealth sees it: each group that its listeners lead to has a healthy target."""
        balancer = _find_by_name(dns_name)
        if balancer is None:
            return False
        return all(
            any(seen["state"] == "healthy" for seen in self._health.get(arn, {}).values())
            for arn in _target_groups_of(balancer)
        )

    def ready_at(self, arn: str) -> float:
        """When a balancer that was first seen now or before has been provisioned."""
        with self._lock:
            return self._ready.setdefault(arn, time.monotonic() + delays.seconds("balancer"))

    def report(self, health: dict[str, dict[str, dict[str, str]]]) -> None:
        """Health by target group ARN and target address: state, reason, description."""
        with self._lock:
            self._health = health
        for balancer in _all():
            balancer.activate()

    def drain(self, group: Any, ids: list[str]) -> None:
        delay = float(group.attributes.get("deregistration_delay.timeout_seconds", 300))
        with self._lock:
            for target in ids:
                self._draining.setdefault(group.arn, {})[target] = time.monotonic() + delay

    def draining(self, group: Any) -> list[str]:
        """Targets that were deregistered and whose delay is not over."""
        with self._lock:
            ends = self._draining.get(group.arn, {})
            return [
                target
                for target, end in ends.items()
                if end > time.monotonic() and target not in group.targets
            ]

    def health(self, group: Any, requested: list[dict[str, Any]], status: Any) -> list[Any]:
        """moto's health objects for the asked targets, or for all that are registered or draining."""
        draining = self.draining(group)
        ids = [target["Id"] for target in requested] or [*group.targets, *draining]
        return [self._status(group, target, target in draining, status) for target in ids]

    def _status(self, group: Any, target: str, draining: bool, status: Any) -> Any:
        if target in group.targets:
            port = group.targets[target]["Port"]
            seen = self._health.get(group.arn, {}).get(f"{target}:{port}") or {
                "state": "initial",
                "reason": "Elb.RegistrationInProgress",
                "description": "Target registration is in progress",
            }
        elif draining:
            port = group.deregistered_targets.get(target, {}).get("Port", group.port)
            seen = {
                "state": "draining",
                "reason": "Target.DeregistrationInProgress",
                "description": "Target deregistration is in progress",
            }
        else:
            port = group.port
            seen = {
                "state": "unused",
                "reason": "Target.NotRegistered",
                "description": "Target is not registered to the target group",
            }
        return status(
            target,
            port,
            group.health_check_port,
            seen["state"],
            seen.get("reason") or None,
            seen.get("description") or None,
        )

    def snapshot(self) -> dict[str, Any]:
        """What the data plane needs, as JSON: balancers with listeners and rules, groups with targets."""
        groups = {
            group.arn: self._group(group)
            for _, b in backends_by_region("elbv2")
            for group in list(b.target_groups.values())
        }
        return {"balancers": [self._balancer(balancer) for balancer in _all()], "groups": groups}

    def _balancer(self, balancer: Any) -> dict[str, Any]:
        region = balancer.arn.split(":")[3]
        return {
            "arn": balancer.arn,
            "addresses": self._addresses_of(balancer),
            "listeners": [_listener(listener, region) for listener in list(balancer.listeners.values())],
        }

    def _group(self, group: Any) -> dict[str, Any]:
        targets = sorted(f"{t['Id']}:{t['Port']}" for t in list(group.targets.values()))
        region = group.arn.split(":")[3]
        failing = max(self._failing.get(where, 0.0) for where in ("", region))
        return {
            "failing": targets[: math.ceil(failing * len(targets))],
            "targets": [{"id": t["Id"], "port": int(t["Port"])} for t in list(group.targets.values())],
            "path": group.health_check_path or "/",
            "port": group.health_check_port or "traffic-port",
            "interval": int(group.health_check_interval_seconds),
            "timeout": int(group.health_check_timeout_seconds),
            "healthy": int(group.healthy_threshold_count),
            "unhealthy": int(group.unhealthy_threshold_count),
            "matcher": (group.matcher or {}).get("HttpCode", "200") if hasattr(group, "matcher") else "200",
        }


def _find_by_name(dns_name: str) -> Any:
    """The balancer with that DNS name, or None."""
    name = dns_name.lower().removeprefix("dualstack.")
    return next((balancer for balancer in _all() if balancer.dns_name.lower() == name), None)


def _security_groups(balancer: Any) -> list[Any]:
    """Its security groups, as far as they are there."""
    ec2 = backend("ec2", balancer.arn.split(":")[3])
    found = (ec2.get_security_group_from_id(id) for id in list(balancer.security_groups))
    return [group for group in found if group is not None]


def _has_ingress_rule(group: Any) -> bool:
    return bool(group.ingress_rules)


def _target_groups_of(balancer: Any) -> set[str]:
    """ARNs of the target groups that the listeners' rules lead to."""
    actions = [
        action.data
        for listener in list(balancer.listeners.values())
        for action in [*listener.default_actions, *(a for r in listener.rules.values() for a in r.actions)]
    ]
    forwards = (action for action in actions if action.get("Type") == "forward")
    return {arn for action in forwards for arn, _ in forward_groups(action)}


def _all() -> list[Any]:
    return [balancer for _, b in backends_by_region("elbv2") for balancer in list(b.load_balancers.values())]


def _listener(listener: Any, region: str) -> dict[str, Any]:
    acm = backend("acm", region)
    bundles = [acm._certificates[arn] for arn in listener_certificates(listener) if arn in acm._certificates]
    rules = [rule for rule in listener.rules.values() if not getattr(rule, "is_default", False)]
    rules.sort(key=lambda rule: int(rule.priority))
    return {
        "port": int(listener.port),
        "protocol": listener.protocol,
        "certificates": [
            {
                "names": bundle.sans or [bundle.common_name],
                "certificate": bundle.cert.decode(),
                "key": bundle.key.decode(),
            }
            for bundle in bundles
        ],
        "rules": [
            {"conditions": rule.conditions, "actions": [a.data for a in rule.actions]} for rule in rules
        ],
        "default": [action.data for action in listener.default_actions],
    }
