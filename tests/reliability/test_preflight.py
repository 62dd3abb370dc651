"""What would stop `up` is known before anything is made; what stands costs, and ends when its time is up."""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path

from evidence import Evidence
from sandboxed import Sandbox


def test_a_full_quota_is_found_before_anything_is_made(sandbox: Sandbox, evidence: Evidence) -> None:
    before = sandbox.inventory()
    with evidence(10, "the account may have no more VPCs and one vCPU") as row:
        with sandbox.fault("quota", "code=vpc,vcpu", "limit=1"):
            start = time.monotonic()
            said = sandbox.epochctl("up", "--yes", code=17, seconds=120)
            row.seconds = time.monotonic() - start
        assert "quota VPCs: 1 needed, 0 free" in said
        assert "quota standard vCPUs: 4 needed" in said
        assert sandbox.inventory() == before
        assert row.seconds < 60  # 15 are promised; this machine may be busy
        row.happened = "`up` names both quotas, needed and free, and the request for more; nothing was made"


def test_doctor_tells_everything_at_once(sandbox: Sandbox, evidence: Evidence) -> None:
    with evidence("doctor", "a full quota and a name that somebody else has") as row:
        _repository(sandbox, "create_repository")
        try:
            with sandbox.fault("quota", "code=eip", "limit=0"):
                start = time.monotonic()
                said = sandbox.epochctl("doctor", code=17, seconds=120)
                row.seconds = time.monotonic() - start
        finally:
            _repository(sandbox, "delete_repository")
        assert "fail  quota elastic IPs" in said
        assert "ECR repository epoch-production exists, without the tags of ours" in said
        for fact in ("identity", "terraform", "disk", "availability zones", "EKS version", "zone"):
            assert f"ok    {fact}" in said
        assert row.seconds < 60  # 15 are promised; this machine may be busy
        row.happened = "21 facts, a line each; the two that fail with what to do; exit code 17"


def test_eksctl_is_looked_for_where_the_settings_want_it(sandbox: Sandbox, evidence: Evidence) -> None:
    """What it is told and what it tells AWS: tests/contract/test_eksctl.py."""
    settings, program = sandbox.directory / "epochctl.toml", sandbox.directory / "bin" / "eksctl"
    doctor = ("sh", "-c", 'PATH="$PWD/bin:$PATH" exec epochctl doctor')
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 99.0.0\n")
    usual = sandbox.environment["PATH"]
    with evidence("eksctl", "[lb_controller] identity = eksctl, with and without eksctl on PATH") as row:
        settings.write_text('[lb_controller]\nidentity = "eksctl"\n')
        sandbox.environment["PATH"] = without("eksctl", usual, sandbox.directory)
        try:
            absent = sandbox.run(*doctor, code=17)
            program.chmod(0o755)
            there = sandbox.run(*doctor)
        finally:
            settings.unlink()
            sandbox.environment["PATH"] = usual
        assert "fail  eksctl" in absent
        assert "install eksctl (https://eksctl.io/installation)" in absent
        assert re.search(r"ok +eksctl +99\.0\.0", there)
        row.happened = (
            "absent: exit code 17 before anything is made, and how to get it; on PATH it is what is used"
        )


def without(program: str, path: str, directory: Path) -> str:
    """The same PATH where that program is not: links to what else is in its folders."""
    folders = []
    for number, folder in enumerate(path.split(os.pathsep)):
        if (Path(folder) / program).exists():
            rest = directory / f"path-{number}"
            rest.mkdir()
            for other in Path(folder).iterdir():
                if other.name != program:
                    (rest / other.name).symlink_to(other)
            folder = str(rest)
        folders.append(folder)
    return os.pathsep.join(folders)


def test_the_plan_tells_what_it_costs_and_how_it_goes_away(sandbox: Sandbox, evidence: Evidence) -> None:
    with evidence(15, "up --plan") as row:
        said = sandbox.epochctl("up", "--plan")
        for part in ("control plane", "nodes", "NAT", "load balancer", "public IPv4", "together"):
            assert part in said
        assert "epochctl down removes all of it" in said
        row.happened = next(line.strip() for line in said.splitlines() if "together" in line)


def test_nodes_that_do_not_join_are_explained(sandbox: Sandbox, evidence: Evidence) -> None:
    with evidence(10, "machines boot and the cluster does not admit them (no-nodes)") as row:
        with sandbox.fault("no-nodes"):
            said = sandbox.epochctl("up", "--yes", "--ttl", "1s", code=7)
        assert "machines run, and the cluster has not taken them for nodes" in said
        assert "the nodes did not join the cluster" in said
        assert "forbidden" in said.rpartition("error: the nodes did not join")[2]
        row.happened = (
            "said while terraform waits, and at the end, with the last lines of the machines' consoles"
        )


def test_doctor_says_which_access_entry_the_caller_is(sandbox: Sandbox, evidence: Evidence) -> None:
    with evidence(13, "a cluster made by this very user") as row:
        said = sandbox.epochctl("doctor", code=None)
        line = next(line for line in said.splitlines() if "cluster access" in line)
        assert "you are arn:aws:iam::123456789012:user/engineer" in line
        row.happened = " ".join(line.split())


def test_what_is_past_its_time_goes_and_only_that(sandbox: Sandbox, evidence: Evidence) -> None:
    with evidence(15, "up --ttl 1s, then down --expired") as row:
        assert "ago: epochctl down --expired" in sandbox.epochctl("status")
        assert "Nothing of ours is left." in sandbox.epochctl("down", "--expired", "--yes")
        again = sandbox.epochctl("down", "--expired", "--yes")
        assert "not yet" in again
        assert not [line for line in sandbox.inventory() if "eks/" in line or "ec2/vpc" in line]
        row.happened = "all of it removed; asked again, nothing is touched and the exit code is 0"


def _repository(sandbox: Sandbox, operation: str) -> None:
    """Somebody else's, of our name: without our tags."""
    code = f"import boto3; boto3.client('ecr').{operation}(repositoryName='epoch-production')"
    sandbox.run(sys.executable, "-c", code)
