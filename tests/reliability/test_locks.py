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
from sandboxed import BIN, Sandbox, bounded

EPOCHCTL = str(BIN / "epochctl")
ELSEWHERE = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--uts", sys.executable, "-c")
BECOME = "import os, socket, sys; socket.sethostname('ci-7'); os.execv(sys.argv[1], sys.argv[1:])"
CI = {"GITHUB_REPOSITORY": "acme/epoch", "GITHUB_RUN_ID": "7"}
OBJECTS = """
import boto3, json
tagged = [{"Name": "tag-key", "Values": ["epochctl:name"]}]
for vpc in boto3.client("ec2").describe_vpcs(Filters=tagged)["Vpcs"]:
    print("VPC", vpc["VpcId"])
s3 = boto3.client("s3")
for bucket in s3.list_buckets()["Buckets"]:
    for item in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", []):
        name = item["Key"].rpartition("/")[2]
        if "lock" in name:
            print("LOCK", name)
        if name == "terraform.tfstate":
            state = json.load(s3.get_object(Bucket=bucket["Name"], Key=item["Key"])["Body"])
            for one in state["resources"]:
                if one["mode"] == "managed":
                    for each in one["instances"]:
                        key = f"[{json.dumps(each['index_key'])}]" if "index_key" in each else ""
                        print(f"HOLDS {one['type']}.{one['name']}{key}")
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
    with bounded(process):
        for words in process.stdout:
            said.append(words)
            if line in words:
                return "".join(said)
    raise AssertionError("".join(said))


def rest(process: subprocess.Popen[str], seconds: float = 600) -> str:
    output, _ = process.communicate(timeout=seconds)
    return output


def locks(sandbox: Sandbox) -> list[str]:
    return _asked(sandbox, "LOCK")


def state(sandbox: Sandbox) -> set[str]:
    """What the state in the bucket holds, as epochctl calls it: aws_subnet.public["us-west-2a"]."""
    return set(_asked(sandbox, "HOLDS"))


def vpcs(sandbox: Sandbox) -> list[str]:
    """Those with our tag."""
    return _asked(sandbox, "VPC")


def made(output: str) -> set[str]:
    """What terraform said it had made."""
    return set(re.findall(r"(aws_\S+): created", output))


def begun(output: str) -> set[str]:
    """What terraform said it was making."""
    return set(re.findall(r"(aws_\S+): creating", output))


def _asked(sandbox: Sandbox, word: str) -> list[str]:
    return re.findall(rf"^{word} (.*)", sandbox.run(sys.executable, "-c", OBJECTS, seconds=120), re.M)


def test_ctrl_c_lets_terraform_finish_and_release(
    sandbox: Sandbox, elsewhere: Path, evidence: Evidence
) -> None:
    with evidence(6, "Ctrl-C while terraform makes the network; then `infra up` from another host") as row:
        run = sandbox.popen("exec", "--", EPOCHCTL, "infra", "up")
        told = until(run, "aws_vpc.this: created")
        os.killpg(run.pid, signal.SIGINT)
        output = told + rest(run)
        assert run.returncode == 130, output
        assert locks(sandbox) == []
        done = made(output)
        assert done <= state(sandbox)
        again = _killed_on_ci(sandbox, elsewhere)
        assert not begun(again) & done
        assert len(vpcs(sandbox)) == 1
        row.happened = (
            f"exit 130, no lock left; the {len(done)} objects made until then are in the state, and the next "
            "run made none of them again"
        )


def _killed_on_ci(sandbox: Sandbox, directory: Path) -> str:
    """A run of the other host that ends by kill -9 while terraform makes the cluster; what it said."""
    sandbox.environment.update(CI)
    run = sandbox.popen(*on_ci(directory, "infra", "up"))
    for name in CI:
        sandbox.environment.pop(name)
    output = until(run, "aws_eks_cluster.this: creating")
    os.killpg(run.pid, signal.SIGKILL)
    run.wait(20)
    return output


def test_what_another_host_left_is_described(sandbox: Sandbox, evidence: Evidence) -> None:
    with evidence(6, "kill -9 of a run on another host in terraform; then `--wait 15s` here") as row:
        assert sorted(locks(sandbox)) == ["run.lock", "terraform.tfstate.tflock"]
        output = sandbox.epochctl("infra", "up", "--wait", "15s", code=8)
        left = re.findall(r"(\d+ s) left to wait", output)
        assert len(left) >= 2, output
        told = re.search(
            r"@ci-7 runs `epochctl infra up` \(process \d+\)\s+since .* UTC, .* ago; last heard of .* ago\s+"
            r"run \w+, https://github.com/acme/epoch/actions/runs/7",
            output,
        )
        assert told, output
        row.happened = f"counted down ({', '.join(left)} left), then exit 8; " + " ".join(told[0].split())


def test_unlock_is_refused_until_the_run_is_named(sandbox: Sandbox, evidence: Evidence) -> None:
    with evidence(6, "`unlock` of a lock of another host") as row:
        output = sandbox.epochctl("unlock", code=8)
        run = re.findall(r"unlock --run-id (\w+)", output)[0]
        assert len(locks(sandbox)) == 2
        output = sandbox.epochctl("unlock", "--run-id", run)
        assert f"Removed the lock of run {run}" in output
        assert "Removed terraform's lock" in output
        assert locks(sandbox) == []
        row.happened = (
            "refused (exit 8) until `--run-id` named the run; then both locks were removed, each told"
        )


def test_a_killed_run_of_this_host_is_gone_on_from_and_waited_for(
    sandbox: Sandbox, elsewhere: Path, evidence: Evidence
) -> None:
    with evidence(
        6, "kill -9 on this host, then the same command; meanwhile `--wait 10m` on another, and `unlock`"
    ) as row:
        run = sandbox.popen("exec", "--", EPOCHCTL, "infra", "up")
        until(run, "terraform plan")
        os.killpg(run.pid, signal.SIGKILL)
        run.wait(20)
        first = sandbox.popen("exec", "--", EPOCHCTL, "infra", "up")
        output = until(first, "terraform plan")
        told = re.search(r"run \w+ was killed \(.*\): going on in its place", output)
        assert told, output
        second = sandbox.popen(*on_ci(elsewhere, "infra", "up", "--wait", "10m"))
        waited = until(second, "waiting for the lock")
        assert "is alive" in sandbox.epochctl("unlock", code=8)
        with evidence(6, "`status` in the checkout of a run that is at work") as beside:
            seen = sandbox.epochctl("status")
            assert first.poll() is None
            assert re.search(r"not planned: .* runs `epochctl infra up` \(process \d+\)", seen), seen
            beside.happened = "it did not wait: told what the state tells, and who is at work"
        output += rest(first)
        waited += rest(second)
        assert (first.returncode, second.returncode) == (0, 0), output + waited
        assert "The infrastructure is up." in output
        assert "The infrastructure is up." in waited
        assert not begun(waited)
        assert locks(sandbox) == []
        row.happened = (
            f"went on by itself ({told[0]}); `unlock` of the living run was refused; the other host waited, "
            "naming the holder, and found nothing to do"
        )
