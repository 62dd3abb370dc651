"""Two regions, as a user has them: both up, one that is cut off and left, weights, a new health path, drills
that end well, are stopped and are killed, down to nothing.

One world of its own, real parts only. The tests run in order: each goes on where the one before ended.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from sandboxed import BIN, HOSTNAME, URL, Sandbox, bounded, events, world

WEST, EAST = "us-west-2", "us-east-1"
TOML = f'regions = ["{WEST}", "{EAST}"]\n[cluster]\nnodes = 1\n'
WEIGHTED = f'[routing]\nrecords = "weighted"\nweights = {{ {WEST} = 3, {EAST} = 1 }}\n'
UP = 900
DRILL = ("failover", "drill", "--break", "network", "--yes")
# Asks Route 53's own servers, which remember nothing: COUNT times, PAUSE seconds apart; a line for an answer.
ASK = """
import sys, time, dns.message, dns.query
for _ in range(int(sys.argv[2])):
    query = dns.message.make_query(sys.argv[1], "A", flags=0)
    answer = dns.query.udp(query, "198.51.100.2", timeout=5).answer
    print(*sorted(str(each) for found in answer for each in found), flush=True)
    time.sleep(float(sys.argv[3]))
"""


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with world(tmp_path_factory.mktemp("project"), "regions") as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def before(sandbox: Sandbox) -> list[str]:
    return sandbox.inventory()


def settle(sandbox: Sandbox, text: str) -> None:
    (sandbox.directory / "epochctl.toml").write_text(text)


def nearest(sandbox: Sandbox) -> str:
    """The region that answers once the resolver has forgotten who came up first."""
    deadline = time.monotonic() + 90
    while (region := answering(sandbox)) != WEST and time.monotonic() < deadline:
        time.sleep(5)
    return region


def answering(sandbox: Sandbox) -> str:
    """The region that answers, in its own words."""
    page = sandbox.run("curl", "-sS", "--fail", "-H", "Accept: application/json", URL).splitlines()[-1]
    return str(json.loads(page)["region"])


@pytest.mark.timeout(UP + 60)
def test_both_come_up_and_the_nearest_answers(sandbox: Sandbox, before: list[str]) -> None:
    settle(sandbox, TOML)
    output = sandbox.epochctl("up", "--yes", seconds=UP)
    assert f"{URL} answers from {WEST}, {EAST}." in output
    assert nearest(sandbox) == WEST
    status = sandbox.epochctl("failover", "status")
    assert status.count("2 of 2 healthy") == 2


@pytest.mark.timeout(900)
def test_clients_leave_a_region_of_which_nothing_answers(sandbox: Sandbox) -> None:
    with sandbox.fault("region-network", f"region={WEST}", "apis=1"):
        output = sandbox.epochctl("failover", "to", EAST, "--yes")
        assert f"{URL} answers, from {EAST}." in output
        assert answering(sandbox) == EAST
        assert "drained" in sandbox.epochctl("failover", "status")
    assert f"{URL} answers, from" in sandbox.epochctl("failover", "to", "all", "--yes")
    assert nearest(sandbox) == WEST


def share(sandbox: Sandbox) -> list[int]:
    """How many of 200 answers of Route 53's servers each region gets, the most first."""
    told = sandbox.run(sys.executable, "-c", ASK, HOSTNAME, "200", "0").split("\n")
    counts = [told.count(line) for line in set(told) if line]
    return sorted(counts, reverse=True)


@pytest.mark.timeout(UP + 60)
def test_weights_share_clients_and_a_region_that_is_left_gets_none(sandbox: Sandbox) -> None:
    settle(sandbox, TOML + WEIGHTED)
    sandbox.epochctl("up", "--yes", seconds=UP)
    more, less = share(sandbox)
    assert 100 < more < 190  # 150 are meant
    assert more + less == 200
    assert f"answers, from {EAST}." in sandbox.epochctl("failover", "to", EAST, "--yes")
    assert share(sandbox) == [200]
    status = sandbox.epochctl("failover", "status")
    assert "weighted 3  drained" in status
    sandbox.epochctl("failover", "to", "all", "--yes")
    assert len(share(sandbox)) == 2


@pytest.mark.timeout(UP + 60)
def test_a_new_health_path_never_takes_a_region_out(sandbox: Sandbox) -> None:
    settle(sandbox, TOML)
    sandbox.epochctl("up", "--yes", seconds=UP)
    settle(sandbox, TOML + '[service]\nhealth_path = "/up"\n')
    watch = sandbox.popen("exec", "--", sys.executable, "-c", ASK, HOSTNAME, "1200", "0.5")
    with bounded(watch):
        output = sandbox.epochctl("deploy", "--region", WEST, seconds=UP)
        time.sleep(35)  # as long as Route 53's checkers need to find a region ill
        os.killpg(watch.pid, signal.SIGTERM)
        told = watch.communicate()[0].splitlines()
    assert f"{WEST} stays in the answers of DNS" in output
    assert len(told) > 60
    assert set(told) == {told[0]}
    status = sandbox.epochctl("failover", "status")
    assert "waits" not in status
    assert nearest(sandbox) == WEST


@pytest.mark.timeout(900)
def test_a_drill_measures_and_mends(sandbox: Sandbox) -> None:
    output = sandbox.epochctl("failover", "drill", "--break", "targets", "--yes", "-o", "json", seconds=800)
    drill = next(each for each in events(output) if each["event"] == "result")
    assert drill["region"] == WEST
    assert 0 < int(str(drill["lost"])) < int(str(drill["asked"]))
    assert 0 < float(str(drill["rto"])) < 200
    assert drill["serves_again"] is not None
    assert answering(sandbox) == WEST
    assert "epochctl failover drill" in sandbox.epochctl("failover", "status")


def drill_broken(sandbox: Sandbox) -> tuple[subprocess.Popen[str], str]:
    """A drill that has just shut the load balancer of the nearest region, and what it has said."""
    assert nearest(sandbox) == WEST
    run = sandbox.popen("exec", "--", str(BIN / "epochctl"), *DRILL)
    lines: list[str] = []
    with bounded(run, 200):
        assert run.stdout is not None
        for line in run.stdout:
            lines.append(line)
            if "another region to take over" in line:
                return run, "".join(lines)
    raise AssertionError("".join(lines))


@pytest.mark.timeout(600)
def test_ctrl_c_in_a_drill_mends_what_it_broke(sandbox: Sandbox) -> None:
    run, _ = drill_broken(sandbox)
    os.killpg(run.pid, signal.SIGINT)
    with bounded(run, 200):
        output = run.communicate()[0]
    assert run.returncode == 130, output
    assert f"stopped: the drill was stopped; {WEST} is mended" in output
    assert "fix: epochctl failover status" in output
    assert "Next: epochctl failover drill --mend" not in sandbox.epochctl("failover", "status")
    assert answering(sandbox) == WEST


@pytest.mark.timeout(600)
def test_what_a_killed_drill_broke_is_told_until_it_is_mended(sandbox: Sandbox) -> None:
    run, _ = drill_broken(sandbox)
    os.killpg(run.pid, signal.SIGKILL)
    run.communicate()
    sandbox.run("curl", "-sS", "--max-time", "3", URL, code=28)  # not seen yet, and nobody gets through
    left = "ended before it had mended what it broke (network)"
    status = sandbox.epochctl("failover", "status")
    assert left in status
    assert "Next: epochctl failover drill --mend" in status
    again = sandbox.epochctl(*DRILL, code=8)
    assert left in again
    assert "fix: epochctl failover drill --mend" in again
    assert f"Mended {WEST} (network)" in sandbox.epochctl("failover", "drill", "--mend")
    assert "Nothing was left broken." in sandbox.epochctl("failover", "drill", "--mend")
    assert nearest(sandbox) == WEST
    assert "Next: epochctl failover drill --mend" not in sandbox.epochctl("failover", "status")


@pytest.mark.timeout(UP + 60)
def test_down_leaves_nothing_in_either(sandbox: Sandbox, before: list[str]) -> None:
    output = sandbox.epochctl("down", "--yes", "--delete-state", seconds=UP)
    assert output.count("Nothing of ours is left.") == 2
    assert sandbox.inventory() == before
