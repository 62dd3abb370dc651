"""Terraform's verbs against one root and one state. Knows nothing of AWS or of what the root holds."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from epochctl.tools.terraform import errored_state, failure
from epochctl.tools.terraform.execution import Execution, Say
from epochctl.tools.terraform.proposal import Proposal, fingerprint, moves
from epochctl.tools.terraform.stream import Change
from epochctl.tools.terraform.workdir import LOCK_FILE, Workdir
from epochctl.user import whoami

STATE_RETRIES = 10  # the backend's own 5 are few where every fifth call is throttled
LOCKED_PLATFORM = "linux_amd64"


@dataclass(frozen=True)
class Backend:
    """Where the state lives: an object in a bucket."""

    bucket: str
    key: str


@dataclass(frozen=True)
class Plan:
    """A saved plan. changes: a line each; details: as data; has_changes: also where only outputs change."""

    path: Path
    changes: tuple[str, ...]
    details: tuple[Change, ...]
    has_changes: bool
    destroy: bool = False

    def addresses(self, *actions: str) -> frozenset[str]:
        """Return the addresses of the changes with these actions."""
        return frozenset(change.address for change in self.details if change.action in actions)


class Terraform:
    """One root and one state. root: the folder with the configuration; data: private working folder."""

    def __init__(self, root: Path, data: Path, region: str) -> None:
        self.region = region
        self._workdir = Workdir(root, data)
        self._execution = Execution(self._workdir)
        self._digest = ""
        self._extra: dict[str, str] = {}
        self._backend: Backend | None = None

    def version(self) -> tuple[str, str]:
        """Return (version, platform) of the program. Raises ToolError where it is missing or too old."""
        return self._execution.version()

    def busy(self) -> str:
        """Return what a terraform that an earlier run left behind is doing, "" where none is alive."""
        return self._execution.busy()

    def init(self, backend: Backend | None, say: Say, *, adopt: Mapping[str, str] | None = None) -> None:
        """Initialise for `backend`, unless nothing has changed since. None: an empty state, thrown away.

        adopt: address -> id of objects that exist and are not in the state: the next plan imports them.
        """
        self._backend = backend
        self._extra = {}
        if backend is None:
            self._extra["nowhere_override.tf"] = (
                'terraform {\n  backend "local" {\n    path = "nowhere.tfstate"\n  }\n}\n'
            )
        if adopt:
            self._extra["adopted.tf"] = "".join(
                _import_block(address, id) for address, id in sorted(adopt.items())
            )
        version, platform = self._execution.version()
        where = f"{backend.bucket}/{backend.key}" if backend else ""
        mirror = os.environ.get("TF_CLI_CONFIG_FILE", "")
        self._digest = self._workdir.digest(version, platform, self.region, where, mirror)
        if self._workdir.initialised() == self._digest:
            self._stage(keep_lock=True)
        else:
            self._init(say)

    def _init(self, say: Say) -> None:
        say("terraform init")
        self._workdir.remember_init("")
        self._stage(keep_lock=False)
        config = {}
        if self._backend is not None:
            config = {
                "bucket": self._backend.bucket,
                "key": self._backend.key,
                "region": self.region,
                "max_retries": STATE_RETRIES,
            }
        self._execution.run("init", say, backend_config=config, reconfigure=True, input=False, timeout=1200)
        self._workdir.remember_init(self._digest)

    def _stage(self, *, keep_lock: bool) -> None:
        extra, lock = dict(self._extra), self._workdir.lock_file()
        if lock and self._execution.version()[1] != LOCKED_PLATFORM:
            # The version stays pinned; the package is checked by the registry's signature, not by our digest.
            # An empty list of digests would be an error, no list is not.
            extra[LOCK_FILE] = re.sub(r"\n\s*hashes\s*=\s*\[.*?\]", "", lock, flags=re.S)
        self._workdir.stage(extra, keep_lock=keep_lock)

    def plan(
        self, variables: Mapping[str, Any], say: Say, *, destroy: bool = False, targets: Sequence[str] = ()
    ) -> Plan:
        """Plan to a file, and return it. `init` must have been called."""
        self._workdir.variables.write_text(json.dumps(variables, indent=2, sort_keys=True))
        options: dict[str, Any] = {
            "out": str(self._workdir.plan),
            "detailed_exitcode": True,
            "var_file": str(self._workdir.variables),
        }
        options |= {"destroy": True} if destroy else {}
        options |= {"target": list(targets)} if targets else {}
        say("terraform plan" + (" -destroy" if destroy else ""))
        try:
            code, stream = self._execution.run("plan", say, **options, input=False)
        except failure.UninitialisedError:
            self._init(say)
            code, stream = self._execution.run("plan", say, **options, input=False)
        lines = tuple(str(change) for change in stream.changes)
        return Plan(
            self._workdir.plan,
            lines or (("outputs change",) if code == 2 else ()),
            tuple(stream.changes),
            code == 2,
            destroy,
        )

    def fingerprint(self, plan: Plan) -> str:
        """Return a hash of what the plan would change from what to what. It must not be applied yet."""
        return fingerprint(json.loads(self._execution.query("show", str(plan.path), json=True)))

    def propose(self, plan: Plan) -> Proposal:
        """Return the plan in a form to be reviewed. It must not have been applied yet."""
        shown = json.loads(self._execution.query("show", str(plan.path), json=True))
        text = self._execution.query("show", str(plan.path), no_color=True)
        state = errored_state.read(self._execution.query("state pull"))
        return Proposal(
            self.region, state.serial, state.lineage, fingerprint(shown), moves(shown), text.strip("\n")
        )

    def apply(self, plan: Plan, say: Say) -> tuple[Change, ...]:
        """Apply that very plan, and return what was created, changed or deleted.

        The plan is used up, unless the state was locked: then nothing was started.
        """
        begun = True
        try:
            return tuple(self._execution.run("apply", say, str(plan.path), input=False)[1].done)
        except failure.StaleLockError:
            begun = False
            raise
        finally:
            if begun:
                plan.path.unlink(missing_ok=True)

    def output(self) -> dict[str, Any]:
        """Return the outputs in the state by name; empty where nothing has been applied."""
        found = json.loads(self._execution.query("output", json=True) or "{}")
        return {name: output["value"] for name, output in found.items()}

    def state_list(self) -> tuple[str, ...]:
        """Return the addresses of every resource (not data) in the state."""
        lines = self._execution.query("state list", absent="No state file was found").splitlines()
        return tuple(line for line in lines if line and not line.startswith("data.") and ".data." not in line)

    def untaint(self, address: str) -> None:
        """Remove the mark that makes Terraform replace an object whose creation failed."""
        self._execution.query("untaint", address)

    def forget(self, *addresses: str) -> None:
        """Remove addresses from the state; the objects stay as they are."""
        self._execution.query("state rm", *addresses)

    def unlock(self, lock_id: str) -> None:
        """Force the state's lock open. Only for a lock whose holder is certainly dead."""
        self._execution.query("force-unlock", lock_id, force=True, absent="failed to retrieve lock info")

    def errored_state(self) -> Path | None:
        """Return the state file that an earlier run could not upload, until it is pushed."""
        return self._workdir.errored_state()

    def push_errored_state(self) -> str:
        """Upload the state that an earlier run could not, unless there is a newer one. Return what was done.

        Raises InfrastructureError where neither follows the other: nothing is overwritten.
        """
        path = self._workdir.errored_state()
        if path is None:
            return ""
        local = errored_state.read(path.read_text())
        remote = errored_state.read(self._execution.query("state pull"))
        order = errored_state.compare(local, remote)
        if order == "unrelated":
            raise errored_state.conflict(path, local, remote)
        if order == "older":
            aside = self._workdir.set_aside(path, "older")
            return f"the kept state (serial {local.serial}) is older than the state: set aside as {aside}"
        if order == "newer":
            self._execution.query("state push", str(path))
        path.unlink()
        return f"the state that could not be uploaded (serial {local.serial}) is in its place now"

    def is_owner_dead(self, holder: failure.LockHolder) -> bool:
        """Return whether that lock was provably taken by a process of this working folder that is dead.

        By this user on this host, while a run was recorded here that did not record its end; or by the last
        process (is_lock_of_last_process).
        """
        if self.is_lock_of_last_process(holder):
            return True
        dead = self._workdir.dead_run()
        if dead is None or holder.who != whoami():
            return False
        return dead.started - 1 <= holder.created <= dead.last + 60

    def is_lock_of_last_process(self, holder: failure.LockHolder) -> bool:
        """Return whether the process that has just failed took that lock itself.

        S3 granted it, but the answer was lost; the retry was told that the lock is taken.
        """
        began, ended = self._execution.latest
        return holder.who == whoami() and began <= holder.created <= ended


def _import_block(address: str, id: str) -> str:
    return f"import {{\n  to = {address}\n  id = {json.dumps(id)}\n}}\n"
