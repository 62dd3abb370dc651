"""terraform's verbs against one root and one state.

Knows nothing of AWS, of what the root holds, or of who asks.
"""

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
    """A saved plan. changes: a line each; details: the same as data; has_changes: true for outputs alone
    too."""

    path: Path
    changes: tuple[str, ...]
    details: tuple[Change, ...]
    has_changes: bool
    destroy: bool = False

    def addresses(self, *actions: str) -> frozenset[str]:
        """Of the changes with these actions."""
        return frozenset(change.address for change in self.details if change.action in actions)


class Terraform:
    """One root and one state. root: the folder with the configuration; data: private working folder."""

    def __init__(self, root: Path, data: Path, region: str) -> None:
        self.region = region
        self._site = Workdir(root, data)
        self._execution = Execution(self._site)
        self._digest = ""
        self._extra: dict[str, str] = {}
        self._backend: Backend | None = None

    def version(self) -> tuple[str, str]:
        """(version, platform) of the program. Raises ToolError where it is missing or too old."""
        return self._execution.version()

    def busy(self) -> str:
        """What a terraform that an earlier run of ours left behind is doing, "" where none is alive."""
        return self._execution.busy()

    def init(self, backend: Backend | None, say: Say, *, adopt: Mapping[str, str] | None = None) -> None:
        """Get ready to plan against `backend`; None: an empty state, thrown away. Free when nothing changed.

        adopt: address -> id of objects that exist and are not in the state: the next plan takes them in.
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
        self._digest = self._site.digest(version, platform, self.region, where, mirror)
        if self._site.initialised() == self._digest:
            self._stage(keep_lock=True)
        else:
            self._init(say)

    def _init(self, say: Say) -> None:
        say("terraform init")
        self._site.remember_init("")
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
        self._site.remember_init(self._digest)

    def _stage(self, *, keep_lock: bool) -> None:
        extra, lock = dict(self._extra), self._site.lock_file()
        if lock and self._execution.version()[1] != LOCKED_PLATFORM:
            # The version stays pinned; the package is checked by the registry's signature, not by our digest.
            # An empty list of digests would be an error, no list is not.
            extra[LOCK_FILE] = re.sub(r"\n\s*hashes\s*=\s*\[.*?\]", "", lock, flags=re.S)
        self._site.stage(extra, keep_lock=keep_lock)

    def plan(
        self, variables: Mapping[str, Any], say: Say, *, destroy: bool = False, targets: Sequence[str] = ()
    ) -> Plan:
        """Plan to a file. `init` must have been called."""
        self._site.variables.write_text(json.dumps(variables, indent=2, sort_keys=True))
        options: dict[str, Any] = {
            "out": str(self._site.plan),
            "detailed_exitcode": True,
            "var_file": str(self._site.variables),
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
            self._site.plan,
            lines or (("outputs change",) if code == 2 else ()),
            tuple(stream.changes),
            code == 2,
            destroy,
        )

    def propose(self, plan: Plan) -> Proposal:
        """The plan as something to review. It must not have been applied yet."""
        shown = json.loads(self._execution.whole("show", str(plan.path), json=True))
        text = self._execution.whole("show", str(plan.path), no_color=True)
        state = errored_state.read(self._execution.whole("state pull"))
        return Proposal(
            self.region, state.serial, state.lineage, fingerprint(shown), moves(shown), text.strip("\n")
        )

    def apply(self, plan: Plan, say: Say) -> tuple[Change, ...]:
        """Apply that very plan; returns what was made, changed or removed. The plan is used up, but where the
        lock was taken: then nothing was begun."""
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
        """The outputs in the state, by name; empty where nothing has been applied."""
        found = json.loads(self._execution.ask("output", json=True) or "{}")
        return {name: told["value"] for name, told in found.items()}

    def state_list(self) -> tuple[str, ...]:
        """Addresses of every resource (not data) in the state."""
        lines = self._execution.ask("state list", absent="No state file was found").splitlines()
        return tuple(line for line in lines if line and not line.startswith("data.") and ".data." not in line)

    def untaint(self, address: str) -> None:
        """Take back terraform's verdict that an object came out broken."""
        self._execution.ask("untaint", address)

    def forget(self, *addresses: str) -> None:
        """Take records out of the state; the objects stay as they are."""
        self._execution.ask("state rm", *addresses)

    def unlock(self, lock_id: str) -> None:
        """Break the state's lock. Only for a lock whose holder is certainly dead."""
        self._execution.ask("force-unlock", lock_id, force=True, absent="failed to retrieve lock info")

    def kept(self) -> Path | None:
        """The state that an earlier run could not upload, until it is pushed."""
        return self._site.errored()

    def push_kept(self) -> str:
        """Upload the state that an earlier run could not, unless there is a newer one; what was done with it.

        Raises InfrastructureError where the two cannot be put in an order: nothing is overwritten.
        """
        path = self._site.errored()
        if path is None:
            return ""
        mine, there = (
            errored_state.read(path.read_text()),
            errored_state.read(self._execution.ask("state pull")),
        )
        order = errored_state.compare(mine, there)
        if order == "foreign":
            raise errored_state.refusal(path, mine, there)
        if order == "older":
            aside = self._site.set_aside(path, "older")
            return f"the kept state (serial {mine.serial}) is older than the state: set aside as {aside}"
        if order == "newer":
            self._execution.ask("state push", str(path))
        path.unlink()
        return f"the state that could not be uploaded (serial {mine.serial}) is in its place now"

    def dead_owner(self, holder: failure.LockHolder) -> bool:
        """Whether that lock is provably ours and its holder dead: taken by this user on this host, while a
        run of this very working folder was under way that never told how it ended, and whose process is gone.
        Or unawares."""
        if self.took_unawares(holder):
            return True
        died = self._site.died()
        if died is None or holder.who != whoami():
            return False
        return died.started - 1 <= holder.created <= died.last + 60

    def took_unawares(self, holder: failure.LockHolder) -> bool:
        """Whether the process of ours that has just ended in vain took that lock: S3 gave it, and the answer
        was lost; asked again, it said that somebody has it."""
        began, ended = self._execution.latest
        return holder.who == whoami() and began <= holder.created <= ended


def _import_block(address: str, id: str) -> str:
    return f"import {{\n  to = {address}\n  id = {json.dumps(id)}\n}}\n"
