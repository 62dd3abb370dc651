"""eksctl around a kill: what an earlier attempt left is deleted first, and at the end nothing is left."""

from __future__ import annotations

from typing import Any, cast

import pytest

from epochctl.aws.cloudformation import Stacks
from epochctl.errors import ToolError
from epochctl.steps.lb_controller.identity import Identity
from epochctl.tools import eksctl
from epochctl.workflow.outputs import Outputs
from epochctl.workflow.step import Context

ACCOUNT = eksctl.ServiceAccount("demo", "us-west-2", "kube-system", "controller", "demo-lb", "")
STACK = "eksctl-demo-addon-iamserviceaccount-kube-system-controller"
MADE = ["eksctl utils associate-iam-oidc-provider", "eksctl create iamserviceaccount"]


class World:
    """CloudFormation, the cluster and eksctl at once."""

    def __init__(self, status: str = "", installed: bool = True) -> None:
        self.state, self.installed, self.done = status, installed, list[str]()

    def status(self, name: str, cluster: str) -> str:
        assert (name, cluster) == (STACK, "demo")
        return self.state

    def delete(self, name: str, cluster: str) -> bool:
        there, self.state = bool(self.state), ""
        self.done += ["delete the stack"] if there else []
        return there

    @property
    def kube(self) -> Any:
        return self

    def role_of(self, namespace: str, name: str) -> str:
        return "arn:role"

    def execute(self, argv: tuple[str, ...], on_line: Any) -> None:
        if not self.installed:
            raise ToolError("eksctl is not installed")
        self.done.append(f"eksctl {argv[0]} {argv[1]}")
        self.state = "" if argv[0] == "delete" else "CREATE_COMPLETE"


def identity(world: World) -> Identity:
    return Identity(ACCOUNT, cast(Stacks, world), world.execute)


def context() -> Context:
    return Context("lb-controller", Outputs(), lambda _: None)


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "ROLLBACK_COMPLETE"])
def test_a_stack_without_its_service_account_is_made_anew(status: str) -> None:
    world = World(status)
    identity(world).create(context(), "arn:policy")
    assert world.done == ["delete the stack", *MADE]


def test_the_first_time_nothing_is_deleted() -> None:
    world = World()
    identity(world).create(context(), "arn:policy")
    assert world.done == MADE


def test_eksctl_removes_what_it_made() -> None:
    world = World("CREATE_COMPLETE")
    (line,) = identity(world).remove(context(), cast(Any, world))
    assert line == f"stack {STACK} with IAM role demo-lb"
    assert world.done == ["eksctl delete iamserviceaccount"]


@pytest.mark.parametrize("cluster", [True, False])
def test_without_eksctl_or_the_cluster_the_stack_goes_all_the_same(cluster: bool) -> None:
    world = World("CREATE_COMPLETE", installed=False)
    assert identity(world).remove(context(), cast(Any, world) if cluster else None)
    assert world.done == ["delete the stack"]


def test_what_is_absent_is_removed() -> None:
    assert identity(World()).remove(context(), None) == ()
