"""Locks: released by Ctrl-C, described when they are left behind, waited for, and removed only by who may.

One world, in order. `ci-7` is another host as far as a program can see: a host name, process ids and a
working directory of its own.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from evidence import Evidence
from sandboxed import BIN, Sandbox

EPOCHCTL = str(BIN / "epochctl")
ELSEWHERE = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--uts", sys.executable, "-c")
BECOME = "import os, socket, sys; socket.sethostname('ci-7'); os.execv(sys.argv[1], sys.argv[1:])"
CI = {"GITHUB_REPOSITORY": "acme/epoch", "GITHUB_RUN_ID": "7"}
LOCKS = """
import boto3
s3 = boto3.client("s3")
for bucket in s3.list_buckets()["Buckets"]:
    for item in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", []):
        if "lock" in item["Key"]:
            print("LOCK", item["Key"].rpartition("/")[2])
"""


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The working directory of the other host."""
    return tmp_path_factory.mktemp("ci")


def on_ci(directory: Path, *arguments: str) -> tuple[str, ...]:
    return ("exec", "--", *ELSEWHERE, BECOME, EPOCHCTL, "-C", str(directory), *arguments)


def until(process: subprocess.Popen[str], line: str) -> str:
    """Read on until it says `line`."""
    said = list[str]()
    assert process.stdout is not None
    for words in process.stdout:
        said.append(words)
        if line in words:
            return "".join(said)
    raise AssertionError("".join(said))


def rest(process: subprocess.Popen[str], seconds: float = 240) -> str:
    output, _ = process.communicate(timeout=seconds)
    return output


def locks(sandbox: Sandbox) -> list[str]:
    return re.findall(r"^LOCK (.*)", sandbox.run(sys.executable, "-c", LOCKS, seconds=60), re.M)


def test_ctrl_c_lets_terraform_finish_and_release(sandbox: Sandbox, evidence: Evidence) -> None:
    with evidence(6, "Ctrl-C while terraform makes the VPC") as row:
        run = sandbox.popen("exec", "--", EPOCHCTL, "infra", "up")
        until(run, "aws_vpc.this: creating")
        os.killpg(run.pid, signal.SIGINT)
        output = rest(run)
        assert run.returncode == 130, output
        assert locks(sandbox) == []
        row.happened = "terraform ended its writes; exit 130, no lock is left, neither ours nor terraform's"


def test_a_killed_run_of_another_host_is_described(
    sandbox: Sandbox, elsewhere: Path, evidence: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    with evidence(6, "kill -9 of a run on another host while terraform is at work") as row:
        sandbox.environment.update(CI)
        run = sandbox.popen(*on_ci(elsewhere, "infra", "up"))
        for name in CI:
            sandbox.environment.pop(name)
        until(run, "aws_eks_cluster.this: creating")
        os.killpg(run.pid, signal.SIGKILL)
        run.wait(20)
        assert sorted(locks(sandbox)) == ["run.lock", "terraform.tfstate.tflock"]
        output = sandbox.epochctl("infra", "up", code=8)
        told = re.search(
            r"@ci-7 runs `epochctl infra up` \(process \d+\)\s+since .* UTC, .* ago; last heard of .* ago\s+"
            r"run \w+, https://github.com/acme/epoch/actions/runs/7",
            output,
        )
        assert told, output
        row.happened = "exit 8; " + " ".join(told[0].split())


def test_wait_counts_down(sandbox: Sandbox, evidence: Evidence) -> None:
    with evidence(6, "`--wait 15s` for a run that does not end") as row:
        output = sandbox.epochctl("infra", "up", "--wait", "15s", code=8)
        left = re.findall(r"(\d+ s) left to wait", output)
        assert len(left) >= 2, output
        row.happened = f"counted down ({', '.join(left)} left), then exit 8 and the holder again"


def test_unlock_is_refused_until_the_run_is_named(sandbox: Sandbox, evidence: Evidence) -> None:
    with evidence(6, "`unlock` of a lock of another host") as row:
        output = sandbox.epochctl("unlock", code=8)
        run = re.findall(r"unlock --run-id (\w+)", output)[0]
        sandbox.epochctl("unlock", "--run-id", "another", code=8)
        assert len(locks(sandbox)) == 2
        output = sandbox.epochctl("unlock", "--run-id", run)
        assert f"Removed the lock of run {run}" in output
        assert "Removed terraform's lock" in output
        assert locks(sandbox) == []
        row.happened = (
            "refused (exit 8) until `--run-id` named the run; then both locks were removed, each told"
        )


def test_a_killed_run_of_this_host_is_gone_on_from(sandbox: Sandbox, evidence: Evidence) -> None:
    with evidence(6, "kill -9 on this host, then the same command") as row:
        run = sandbox.popen("exec", "--", EPOCHCTL, "infra", "up")
        until(run, "terraform plan")
        os.killpg(run.pid, signal.SIGKILL)
        run.wait(20)
        output = sandbox.epochctl("infra", "up")
        told = re.search(r"run \w+ was killed \(.*\): going on in its place", output)
        assert told, output
        assert "The infrastructure is up." in output
        row.happened = f"went on by itself: {told[0]}"


def test_wait_goes_on_when_the_lock_is_free(sandbox: Sandbox, elsewhere: Path, evidence: Evidence) -> None:
    with evidence(6, "`--wait 5m` on another host while a run is at work; `unlock` meanwhile") as row:
        first = sandbox.popen("exec", "--", EPOCHCTL, "infra", "up")
        until(first, "terraform plan")
        second = sandbox.popen(*on_ci(elsewhere, "infra", "up", "--wait", "5m"))
        told = until(second, "waiting for the lock")
        assert "is alive" in sandbox.epochctl("unlock", code=8)
        rest(first)
        output = told + rest(second)
        assert (first.returncode, second.returncode) == (0, 0), output
        assert "The infrastructure is up." in output
        assert locks(sandbox) == []
        row.happened = "it waited, naming the holder, and went on; `unlock` of the living run was refused"
