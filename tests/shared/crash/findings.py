"""What is right after a crash: nothing made twice, no finished work done again, nothing left.

Knows events and the account's inventory; runs nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from crash.moments import said
from crash.running import Run

# Of these one world has at most one, however often `up` began.
ONCE = (
    "acm/certificate",
    "ec2/internet-gateway",
    "ec2/launch-template",
    "ec2/nat-gateway",
    "ec2/vpc",
    "ecr/repository",
    "eks/cluster",
    "eks/nodegroup",
    "elbv2/loadbalancer",
    "iam/oidc-provider",
)
# These come and go with pods and releases.
PASSING = re.compile(r"ec2/network-interface|ec2/volume|elbv2/|ec2/security-group \S+ \S+ k8s-|ecr/image")
# An answer that AWS gives again to whoever asks again: nothing is made by it.
SAME_AGAIN = re.compile(r"policy_attachment|route_table_association|lifecycle_policy")
MADE = re.compile(r"^(\S+): created in")
BEGUN = re.compile(r"^(\S+): creating$")


def finished(run: Run) -> set[str]:
    """The steps that had changed something and said that they were done."""
    return {str(event["step"]) for event in run.events if _changed(event)}


def repeated(before: Run, after: Run) -> tuple[str, ...]:
    """Work that was finished before the kill and done again by the same command.

    Of resources only what is made counts: terraform asks once more for the deletion of what its state still
    holds, and that finds nothing.
    """
    if before.command != after.command:
        return ()
    steps = sorted(finished(before) & finished(after))
    resources = sorted(_resources(before, MADE) & _resources(after, BEGUN))
    return (*(f"step {name}" for name in steps), *(name for name in resources if not SAME_AGAIN.search(name)))


def twice(inventory: Sequence[str]) -> tuple[str, ...]:
    """Kinds of which there is more than one."""
    counted = Counter(line.partition(" ")[0] for line in inventory)
    return tuple(f"{counted[kind]} x {kind}" for kind in ONCE if counted[kind] > 1)


def replaced(before: Sequence[str], after: Sequence[str]) -> tuple[str, ...]:
    """What was there at the kill, and is not there any more when `up` has ended."""
    return tuple(line for line in before if line and not PASSING.match(line) and line not in set(after))


def left(before: Sequence[str], after: Sequence[str]) -> tuple[str, ...]:
    """What there was not before the first `up`."""
    return tuple(line for line in after if line and line not in set(before))


def succeeded(run: Run) -> str:
    """Why the run was not a success, "" where it was."""
    if run.code != 0:
        told = next((line for line in run.words if line.startswith(("error", "stopped"))), "nothing said")
        return f"exit {run.code}: {told}"
    wanted = "answers." if run.command == "up" else "left"
    last = run.events[-1] if run.events else {}
    fine = last.get("url") if run.command == "up" else last.get("left") == []
    return "" if last.get("event") == "result" and fine else f"the result does not say {wanted}"


def unruly(kill: str, run: Run) -> str:
    """Why a run that was asked to stop did not do so in order, or ""."""
    if not kill.startswith("SIG") or succeeded(run) == "":  # it had ended by the time
        return ""
    if run.code != 130:
        return f"exit {run.code} instead of 130"
    return "" if any(line.startswith("stopped: ") for line in run.words) else "did not say that it stopped"


def ended_in_order(kill: str, run: Run) -> str:
    """What a run after an orderly stop should have had no cause to do: break a lock."""
    broke = kill.startswith("SIG") and any("unlocking it" in said(event) for event in run.events)
    return "left a lock" if broke else ""


def _changed(event: object) -> bool:
    return isinstance(event, dict) and event.get("event") == "step_finished" and event.get("changed") is True


def _resources(run: Run, pattern: re.Pattern[str]) -> set[str]:
    return {
        match.group(1)
        for event in run.events
        if event.get("event") == "step_progress" and (match := pattern.match(said(event)))
    }
