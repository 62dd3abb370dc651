"""When to kill: the events of `up` and of `down`, in the order in which they come, and how to know them.

Knows nothing of processes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Event = Mapping[str, object]


@dataclass(frozen=True)
class Moment:
    """One event of one command. words: what the event says, keys in brackets left out."""

    command: str
    step: str
    event: str
    words: str

    def __str__(self) -> str:
        kind = {"step_started": "begins to ", "step_finished": "has finished", "step_waiting": "waits for "}
        return f"{self.command}: {self.step} {kind.get(self.event, '')}{self.words}"

    def is_at(self, event: Event) -> bool:
        """Whether this is the event that is meant."""
        return (
            event.get("event") == self.event
            and event.get("step") == self.step
            and self.words in re.sub(r"\[.*?\]", "", said(event))
        )


def said(event: Event) -> str:
    """The words of an event that tell it from others of its step."""
    if event.get("event") == "step_waiting":
        return f"{event['what']}: {event['cause']}"
    return str(event.get("doing") or event.get("message") or "")


def _begun(command: str, doing: str, *steps: str) -> list[Moment]:
    return [Moment(command, step, "step_started", doing) for step in steps]


def _ended(command: str, *steps: str) -> list[Moment]:
    return [Moment(command, step, "step_finished", "") for step in steps]


def _inside(command: str, step: str, *words: str) -> list[Moment]:
    return [Moment(command, step, "step_progress", text) for text in words]


def _waiting(command: str, step: str, *words: str) -> list[Moment]:
    return [Moment(command, step, "step_waiting", text) for text in words]


def _made(*resources: str) -> list[str]:
    return [f"{name}: {word}" for name in resources for word in ("creating", "created")]


def _removed(*resources: str) -> list[str]:
    return [f"{name}: {word}" for name in resources for word in ("deleting", "deleted")]


UP: tuple[Moment, ...] = (
    *_begun("up", "observe", "acm-cert", "infra-up", "build"),
    *_begun("up", "apply", "build", "acm-cert"),
    *_inside("up", "acm-cert", "requested", "validation record added"),
    *_inside("up", "build", "assembling"),
    *_ended("up", "acm-cert"),
    *_begun("up", "apply", "infra-up"),
    *_inside("up", "infra-up", "state bucket", "terraform init", "terraform plan"),
    *_ended("up", "build"),
    *_inside("up", "infra-up", *_made("aws_iam_role.cluster", "aws_ecr_repository.this", "aws_eip.nat")),
    *_inside("up", "infra-up", *_made("aws_launch_template.node", "aws_vpc.this", "aws_subnet.private")),
    *_inside("up", "infra-up", *_made("aws_internet_gateway.this", "aws_route_table.public")),
    *_inside("up", "infra-up", *_made("aws_route.public", "aws_nat_gateway.this", "aws_route.private")),
    *_inside("up", "infra-up", *_made("aws_eks_cluster.this", "aws_iam_openid_connect_provider.this")),
    *_inside("up", "infra-up", *_made("aws_iam_role.lb_controller", "aws_eks_node_group.this")),
    *_ended("up", "infra-up"),
    *_begun("up", "observe", "push", "lb-controller"),
    *_begun("up", "apply", "push"),
    *_inside("up", "push", "pushing"),
    *_ended("up", "push"),
    *_begun("up", "apply", "lb-controller"),
    *_inside("up", "lb-controller", "install aws-load-balancer-controller"),
    *_waiting("up", "lb-controller", "the load balancer controller"),
    *_ended("up", "lb-controller"),
    *_begun("up", "observe", "deploy"),
    *_begun("up", "apply", "deploy"),
    *_inside("up", "deploy", "install release"),
    *_waiting("up", "deploy", "the pods of the release"),
    *_ended("up", "deploy"),
    *_begun("up", "observe", "dns"),
    *_begun("up", "apply", "dns"),
    *_ended("up", "dns"),
    *_begun("up", "apply", "verify"),
    *_inside("up", "verify", "load balancer"),
    *_ended("up", "verify"),
)

DOWN: tuple[Moment, ...] = (
    *_begun("down", "observe", "infra-up", "lb-controller", "deploy", "dns"),
    *_begun("down", "destroy", "verify", "dns"),
    *_ended("down", "dns"),
    *_begun("down", "destroy", "deploy"),
    *_waiting(
        "down", "deploy", "the load balancer to be deleted", "pods are ending", "its objects are being"
    ),
    *_ended("down", "deploy"),
    *_begun("down", "destroy", "acm-cert", "lb-controller"),
    *_ended("down", "build", "acm-cert", "lb-controller"),
    *_begun("down", "destroy", "infra-up"),
    *_inside("down", "infra-up", "terraform plan -destroy"),
    *_inside("down", "infra-up", *_removed("aws_iam_openid_connect_provider.this")),
    *_inside("down", "infra-up", *_removed("aws_eks_node_group.this", "aws_eks_cluster.this")),
    *_inside("down", "infra-up", *_removed("aws_ecr_repository.this", "aws_iam_role.node")),
    *_inside("down", "infra-up", *_removed("aws_nat_gateway.this", "aws_route_table.public")),
    *_inside("down", "infra-up", *_removed("aws_vpc.this")),
    *_ended("down", "infra-up"),
)


# What the short form kills after, and how: the most telling of each kind. `epochctl` alone
# is not killed inside terraform: that would work on, past the moments that are still to come.
TELLING: tuple[tuple[Moment, str], ...] = (
    *((moment, "epochctl") for moment in _inside("up", "acm-cert", "requested")),
    *((moment, "everything") for moment in _inside("up", "infra-up", "aws_eks_cluster.this: creating")),
    *((moment, "SIGHUP") for moment in _inside("up", "infra-up", "aws_eks_node_group.this: creating")),
    *((moment, "everything") for moment in _inside("up", "lb-controller", "install aws-load-balancer")),
    *((moment, "epochctl") for moment in _begun("up", "apply", "dns")),
    *((moment, "everything") for moment in _begun("down", "destroy", "lb-controller")),
    *((moment, "SIGINT") for moment in _inside("down", "infra-up", "aws_eks_node_group.this: deleting")),
    *((moment, "everything") for moment in _inside("down", "infra-up", "aws_vpc.this: deleting")),
)
SHORT = tuple(moment for moment, _ in TELLING)


def first_met(moments: Sequence[Moment], event: Event) -> Moment | None:
    """The moment that this event is, if any."""
    return next((moment for moment in moments if moment.is_at(event)), None)


def named(moments: Sequence[Moment], pattern: str) -> tuple[Moment, ...]:
    """Those whose name has the pattern in it."""
    return tuple(moment for moment in moments if re.search(pattern, str(moment)))
