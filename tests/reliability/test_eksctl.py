"""The load balancer controller's identity by eksctl: its own binary, against the sandbox's AWS and cluster.

In order: `down` takes down what `up` made.
"""

from __future__ import annotations

import os

import eksctl_binary
import pytest
from evidence import Evidence
from sandboxed import BUCKET, URL, Sandbox

pytestmark = pytest.mark.timeout(3000)  # eksctl may have to be built first

TOPIC = "eksctl"
STACK = "addon-iamserviceaccount-kube-system-aws-load-balancer-controller"


@pytest.fixture(scope="module")
def equipped(sandbox: Sandbox) -> Sandbox:
    """With eksctl on PATH and in the settings."""
    folder = eksctl_binary.find().parent
    sandbox.environment["PATH"] = f"{folder}{os.pathsep}{sandbox.environment['PATH']}"
    (sandbox.directory / "epochctl.toml").write_text('[lb_controller]\nidentity = "eksctl"\n')
    return sandbox


@pytest.mark.usefixtures("before")
def test_eksctl_makes_the_role_and_the_service_account(equipped: Sandbox, evidence: Evidence) -> None:
    version = equipped.run("eksctl", "version").strip().splitlines()[-1]
    with evidence(TOPIC, f'`up` with [lb_controller] identity = "eksctl", eksctl {version} on PATH') as row:
        told = equipped.epochctl("up", "--yes", seconds=900)
        assert "answers." in told
        assert equipped.run("curl", "-sS", "--fail", URL).strip().splitlines()[-1].isdigit()
        assert any(STACK in line for line in equipped.inventory())
        accounts = equipped.run("eksctl", "get", "iamserviceaccount", "--cluster", "epoch-production")
        assert "aws-load-balancer-controller" in accounts
        row.happened = "its stack, role and service account; the controller works with them; the URL answers"


def test_again_changes_nothing(equipped: Sandbox, evidence: Evidence) -> None:
    held = equipped.inventory()
    with evidence(TOPIC, "the same `up` again") as row:
        assert "answers." in equipped.epochctl("up", "--yes")
        assert equipped.inventory() == held
        row.happened = "nothing was changed"


def test_down_removes_the_stack_by_eksctl_too(
    equipped: Sandbox, evidence: Evidence, before: list[str]
) -> None:
    with evidence(TOPIC, "down") as row:
        told = equipped.epochctl("down", "--yes", seconds=900)
        assert f"stack eksctl-epoch-production-{STACK}" in told
        assert [line for line in equipped.inventory() if not line.startswith(BUCKET)] == before
        row.happened = "the stack, its role and the service account are gone; nothing left"
