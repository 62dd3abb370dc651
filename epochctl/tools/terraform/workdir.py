"""Where Terraform works: a private copy of the root, its data, and a record of the current run.

The checkout stays untouched (its lock file too), and generated files (imports, another backend) can be
added to the copy.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from epochctl.tools.process import birth_time, is_alive

LOCK_FILE = ".terraform.lock.hcl"
_SKIPPED = {".terraform", "tests", "ci"}  # ci: a root of its own


@dataclass(frozen=True)
class Run:
    """A running terraform, or one that died without a known end. born: tells processes with one id apart."""

    pid: int
    born: str
    started: float
    doing: str
    last: float = 0.0  # when it last wrote output, once it is dead

    def alive(self) -> bool:
        return is_alive(self.pid, self.born)


class Workdir:
    """data/root: the copy; data/terraform: TF_DATA_DIR; run.json, output.jsonl: the current run."""

    def __init__(self, root: Path, data: Path) -> None:
        self._source, self._data = root.resolve(), data.resolve()
        self.root = self._data / "root"
        self.cache = self._data / "terraform"
        self.output = self._data / "output.jsonl"
        self.plan = self._data / "plan.tfplan"
        self.variables = self._data / "variables.tfvars.json"
        self._run = self._data / "run.json"
        self._dead_run = self._data / "died.json"
        self._mark = self._data / "initialised"
        self._errored = self._data / "errored.tfstate"

    def stage(self, extra: Mapping[str, str], *, keep_lock: bool) -> None:
        """Make the copy equal to the root plus `extra` (name -> text). keep_lock: leave init's lock file."""
        self.root.mkdir(parents=True, exist_ok=True)
        self.errored_state()
        wanted = {str(path.relative_to(self._source)): path.read_text() for path in self._files()} | dict(
            extra
        )
        untouched = {LOCK_FILE} if keep_lock else set()
        for path in [path for path in self.root.rglob("*") if path.is_file()]:
            if str(path.relative_to(self.root)) not in wanted.keys() | untouched:
                path.unlink()
        for name, text in wanted.items():
            path = self.root / name
            if name not in untouched and (not path.exists() or path.read_text() != text):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)

    def _files(self) -> list[Path]:
        kept = (
            path
            for path in sorted(self._source.rglob("*"))
            if path.suffix in {".tf", ".json", ".hcl"} and path.is_file()
        )
        return [path for path in kept if not _SKIPPED & set(path.relative_to(self._source).parts)]

    def lock_file(self) -> str:
        """Return the root's dependency lock file, "" where it has none."""
        path = self._source / LOCK_FILE
        return path.read_text() if path.exists() else ""

    def digest(self, *more: str) -> str:
        """Return a digest of everything that `init` depends on: the root and `more`."""
        sums = hashlib.sha256("\0".join(more).encode())
        for path in self._files():
            sums.update(f"{path.relative_to(self._source)}\0{path.read_text()}\0".encode())
        return sums.hexdigest()

    def initialised(self) -> str:
        """Return the digest of the last init that worked, "" where there was none."""
        return self._mark.read_text() if self._mark.exists() and (self.cache / "providers").exists() else ""

    def remember_init(self, digest: str) -> None:
        """Record what was initialised; "" to forget."""
        self._data.mkdir(parents=True, exist_ok=True)
        self._mark.write_text(digest)

    def record_start(self, pid: int, doing: str) -> None:
        """Record that a terraform runs."""
        self._run.write_text(json.dumps(asdict(Run(pid, birth_time(pid), time.time(), doing))))

    def record_end(self, *, free: bool) -> None:
        """Forget the run: its end is known. free: it had the state's lock, so no dead run holds it."""
        self._run.unlink(missing_ok=True)
        if free:
            self._dead_run.unlink(missing_ok=True)

    def running(self) -> Run | None:
        """Return the recorded run that is alive. A dead one is recorded as such."""
        run = _read(self._run)
        if run is None or run.alive():
            return run
        self.record_death()
        return None

    def record_death(self) -> None:
        """Record that the current run is dead without a known end: it may have left its lock."""
        run = _read(self._run)
        if run is not None:
            self._end_orphans(run)
            self._dead_run.write_text(json.dumps(asdict(replace(run, last=self._last_output(run)))))
            self._run.unlink(missing_ok=True)

    def dead_run(self) -> Run | None:
        """Return the last run without a known end, as long as its lock may be in the way."""
        return _read(self._dead_run)

    def errored_state(self) -> Path | None:
        """Return the state that Terraform could not upload, moved where nothing overwrites it."""
        fresh = self.root / "errored.tfstate"
        if fresh.exists():
            if self._errored.exists():
                self._errored.replace(self._data / f"errored-{self._errored.stat().st_mtime:.0f}.tfstate")
            fresh.chmod(0o600)
            fresh.replace(self._errored)
        return self._errored if self._errored.exists() else None

    def set_aside(self, path: Path, word: str) -> Path:
        """Rename such a state, so that it is not uploaded, and return its new path."""
        return path.replace(path.with_name(f"errored-{word}-{time.time():.0f}.tfstate"))

    def _end_orphans(self, run: Run) -> None:
        # A provider outlives a killed terraform, in its process group. The group's id cannot become another
        # process's id while the group has members, so these belong to that run.
        with suppress(ProcessLookupError, PermissionError):
            if birth_time(run.pid) in {"", "dead"}:
                os.killpg(run.pid, signal.SIGKILL)

    def _last_output(self, run: Run) -> float:
        return max(run.started, self.output.stat().st_mtime if self.output.exists() else 0.0)


def _read(path: Path) -> Run | None:
    try:
        return Run(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None
