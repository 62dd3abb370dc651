"""A sandbox instance from outside: it starts once, is found again, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from .conftest import RunningInstance, processes, wait_for

BUCKET = "import boto3; s3 = boto3.client('s3'); {}print([b['Name'] for b in s3.list_buckets()['Buckets']])"
MAKE = "s3.create_bucket(Bucket='ours', CreateBucketConfiguration={'LocationConstraint': 'us-west-2'}); "


def inside(kind: str, inode: str) -> list[int]:
    """Ids of the processes in that namespace."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and os.readlink(entry / "ns" / kind) == inode:
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def namespace(pid: int, kind: str) -> str:
    return os.readlink(f"/proc/{pid}/ns/{kind}")


def mounts() -> str:
    return Path("/proc/self/mountinfo").read_text()


def namespaces() -> set[str]:
    """Named network namespaces of the machine itself."""
    return set(os.listdir("/run/netns")) if os.path.isdir("/run/netns") else set()


def test_a_second_up_says_that_it_is_up(instance: RunningInstance) -> None:
    pid = instance.init_pid()
    done = instance.call("up")
    assert (done.returncode, "already up" in done.stderr) == (0, True)
    assert instance.init_pid() == pid
    assert instance.call("status").stdout.startswith(f"running, process {pid}")


def test_what_never_ran_says_so(another: RunningInstance) -> None:
    assert another.call("status").returncode == 1
    assert "no sandbox instance is running" in another.call("down").stderr
    done = another.call("env")
    assert (done.returncode, "error: the sandbox instance is not running" in done.stderr) == (1, True)


def test_instances_run_side_by_side_and_one_that_is_killed_leaves_nothing(
    instance: RunningInstance, another: RunningInstance
) -> None:
    before = namespaces()
    assert another.call("up").returncode == 0
    pid = another.init_pid()
    assert instance.python(BUCKET.format(MAKE)) == "['ours']"
    assert another.python(BUCKET.format("")) == "[]"
    places = {kind: namespace(pid, kind) for kind in ("net", "mnt", "pid")}
    assert len(inside("net", places["net"])) > 3
    os.kill(pid, signal.SIGKILL)
    for kind, inode in places.items():
        wait_for(lambda kind=kind, inode=inode: not inside(kind, inode))  # type: ignore[misc]
    wait_for(lambda: not processes(str(another.lifecycle.state) + "/"))
    wait_for(lambda: not processes(str(another.lifecycle.state) + '"'))
    assert str(another.lifecycle.state) not in mounts()
    assert namespaces() == before
    assert another.lifecycle.pid() is None
    assert instance.python(BUCKET.format("")) == "['ours']"


def test_down_removes_everything(another: RunningInstance) -> None:
    assert another.call("up").returncode == 0
    inode = namespace(another.init_pid(), "net")
    done = another.call("down")
    assert (done.returncode, "has ended" in done.stderr) == (0, True)
    wait_for(lambda: not inside("net", inode))
    assert not another.lifecycle.state.exists()
    assert str(another.lifecycle.state) not in mounts()


def test_a_start_that_was_killed_is_found_and_ended(another: RunningInstance) -> None:
    starting = another.popen("up")
    wait_for(lambda: another.lifecycle.pid() is not None)
    starting.kill()
    starting.communicate()
    inode = namespace(another.init_pid(), "net")
    assert "has ended" in another.call("down").stderr
    wait_for(lambda: not inside("net", inode))
