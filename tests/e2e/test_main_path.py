"""The main job, as a user has it: killed in the middle, up, up again, curl, broken, healed, down to nothing.

One world of its own, real parts only. The tests run in order: each goes on where the one before ended.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator

import pytest
from sandboxed import BIN, URL, Sandbox, events, world


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with world(tmp_path_factory.mktemp("project"), "e2e") as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def before(sandbox: Sandbox) -> list[str]:
    return sandbox.inventory()


def test_plan_changes_nothing(sandbox: Sandbox, before: list[str]) -> None:
    plan = sandbox.epochctl("up", "--plan")
    assert "create the EKS cluster" in plan
    assert "request a certificate for epoch.sandbox.test" in plan
    assert sandbox.inventory() == before


def test_killed_in_the_middle_then_up_finishes_the_job(sandbox: Sandbox, before: list[str]) -> None:
    first = sandbox.popen("exec", "--", str(BIN / "epochctl"), "up", "--yes")
    assert first.stdout is not None
    for line in first.stdout:
        if "aws_eks_cluster.this: creating" in line:
            break
    os.killpg(first.pid, signal.SIGKILL)
    first.wait(10)
    output = sandbox.epochctl("up", "--yes")
    assert f"{URL} answers." in output


def test_the_url_answers_with_the_time(sandbox: Sandbox) -> None:
    body = sandbox.run("curl", "-sS", "--fail", URL)
    assert abs(int(body.strip().splitlines()[-1]) - time.time()) < 3
    page = json.loads(
        sandbox.run("curl", "-sS", "--fail", "-H", "Accept: application/json", URL).splitlines()[-1]
    )
    assert abs(page["epoch"] - time.time()) < 3
    redirect = sandbox.run(
        "curl", "-sS", "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}", URL.replace("https", "http")
    )
    assert redirect.split()[-2:] == ["301", "https://epoch.sandbox.test:443/"]


def test_up_again_changes_nothing(sandbox: Sandbox) -> None:
    there = sandbox.inventory()
    finished = [
        each
        for each in events(sandbox.epochctl("up", "--yes", "-o", "json"))
        if each.get("event") == "step_finished"
    ]
    assert {each["step"] for each in finished} >= {
        "acm-cert",
        "infra-up",
        "build",
        "push",
        "lb-controller",
        "deploy",
        "dns",
    }
    assert [each["step"] for each in finished if each["changed"]] == []
    assert sandbox.inventory() == there


def test_verify_and_status_agree(sandbox: Sandbox) -> None:
    verified = sandbox.epochctl("verify")
    for layer in (
        "pods",
        "target health",
        "load balancer",
        "authoritative DNS",
        "recursive DNS",
        "TLS",
        "redirect",
        "health",
        "body",
    ):
        assert f"{layer}: " in verified
    status = sandbox.epochctl("status")
    assert URL in status
    assert "2 of 2 healthy" in status


def test_up_heals_what_somebody_broke(sandbox: Sandbox) -> None:
    sandbox.kubectl("delete", "deployment", "epoch", "--wait=true")
    sandbox.kubectl("delete", "pod", "--all", "--force", "--grace-period=0")
    assert "verify" in sandbox.epochctl("verify", code=12).lower()
    healed = sandbox.epochctl("up", "--yes")
    assert f"{URL} answers." in healed


def test_down_leaves_nothing(sandbox: Sandbox, before: list[str]) -> None:
    output = sandbox.epochctl("down", "--yes", "--delete-state")
    assert "Nothing of ours is left." in output
    assert sandbox.inventory() == before
    assert "nothing" in sandbox.epochctl("down", "--yes").lower()
