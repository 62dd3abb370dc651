"""helm through pyhelm3: frozen facts in and out, values on stdin, own directories. The only `asyncio.run`.

pyhelm3's public Command composes the argv and reads helm's JSON; tools.process runs it, bounded and
interruptible. pyhelm3's Client is not used: it starts one more helm to read a chart's metadata, and its
models lack the values. helm never waits here: whoever deploys waits, and names causes.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from collections.abc import Callable, Coroutine, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from epochctl.errors import ToolError
from epochctl.tools import process
from epochctl.tools.helm import process_lock
from epochctl.tools.helm.failure import HelmFailedError, translate
from epochctl.tools.helm.state import Json, ReleaseState, parse_release, without_hooks

T = TypeVar("T")

OLDEST = (3, 17, 0)
# Seconds. helm without --wait only sends objects: no helm is at work on a pending record older than this.
TIMEOUT = 60.0
TOKEN = "HELM_KUBETOKEN"  # helm's variable for a bearer token: with it no plugin is started (helm help)
HISTORY_MAX = 10
FIX = "install helm 3.17 or later (https://helm.sh/docs/intro/install)"


class Helm:
    """helm on one cluster. home: where its caches and settings go, so that the user's own stay untouched.

    who: says, for an error, who the caller is. token: returns a fresh one, or "" to let helm start the
    kubeconfig's plugin.
    """

    def __init__(
        self, kubeconfig: Path, home: Path, who: Callable[[], str] = str, token: Callable[[], str] = str
    ) -> None:
        self._kubeconfig = kubeconfig
        self._who, self._token = who, token
        self._home = home.absolute()
        self._helm: Any = None
        self._inherited: tuple[int, ...] = ()  # open files that helm holds as long as it lives

    def release(self, name: str, namespace: str) -> ReleaseState | None:
        """Return the latest revision, or None where there is no such release."""
        try:
            return parse_release(self._run("status", lambda c: c.status(name, namespace=namespace)))
        except HelmFailedError:
            return None

    def install_or_upgrade(
        self, name: str, namespace: str, chart: Path, values: Json, *, note: str = ""
    ) -> ReleaseState:
        """Send the chart's objects: create what is missing, correct what was changed. Does not wait.

        note: kept with the revision; helm's own words where it is "".
        """
        options: dict[str, Any] = {"namespace": namespace, "create_namespace": False, "description": note}
        options |= {"force_conflicts": True} if self.version()[0] >= 4 else {}
        return parse_release(
            self._run(
                f"upgrade --install {name}",
                lambda c: c.install_or_upgrade(name, chart.resolve(), dict(values), **options),
                lock=self._lock(name, namespace),
            )
        )

    def rollback(self, name: str, namespace: str, revision: int) -> None:
        """Make an older revision the latest, and correct what was changed meanwhile, as an upgrade does."""
        # not Command.rollback: it cannot pass --force-conflicts
        argv = ["rollback", name, revision, "--namespace", namespace, "--history-max", HISTORY_MAX]
        argv += ["--force-conflicts"] if self.version()[0] >= 4 else []
        self._run(f"rollback {name}", lambda c: c.run(argv), lock=self._lock(name, namespace))

    def uninstall(self, name: str, namespace: str) -> bool:
        """Remove the release and ask for deletion of its objects. Return False where it is already absent."""
        lock = self._lock(name, namespace)
        try:
            self._run(f"uninstall {name}", lambda c: c.uninstall(name, namespace=namespace), lock=lock)
        except HelmFailedError:
            return False
        return True

    def revision_before(self, name: str, namespace: str, revision: int) -> int | None:
        """Return the latest revision before this one that was deployed once, or None."""
        history = self._run(f"history {name}", lambda c: c.history(name, namespace=namespace))
        found = [int(item["revision"]) for item in history if item["status"] in {"superseded", "deployed"}]
        return max((number for number in found if number < revision), default=None)

    def render(self, name: str, namespace: str, chart: Path, values: Json) -> tuple[Json, ...]:
        """Return the objects that the chart would create, without a request to the cluster."""
        rendered = self._run(
            "template", lambda c: c.template(name, chart.resolve(), dict(values), namespace=namespace)
        )
        return without_hooks(item for item in rendered if item)

    def pull_chart(self, repository: str, name: str, version: str) -> Path:
        """Return the directory of a chart of a repository, downloaded once."""
        target = self._home / "charts" / f"{name}-{version}"
        if target.is_dir():
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as part:
            argv = [
                "pull",
                name,
                "--repo",
                repository,
                "--version",
                version,
                "--untar",
                "--destination",
                part,
            ]
            self._run(f"pull {name}", lambda c: c.run(argv))
            shutil.move(str(Path(part) / name), target)
        return target

    def repair(self, state: ReleaseState) -> str:
        """End what a killed helm left half done, and return how; "" where nothing is to be done."""
        if not state.pending:
            return ""
        older = None
        if state.status in {"pending-upgrade", "pending-rollback"}:
            older = self.revision_before(state.name, state.namespace, state.revision)
        if older is None:
            self.uninstall(state.name, state.namespace)
            return f"release {state.name} was left {state.status} by a run that was killed: uninstalled"
        self.rollback(state.name, state.namespace, older)
        return (
            f"release {state.name} was left {state.status} by a run that was killed: back at revision {older}"
        )

    def seconds_until_stale(self, state: ReleaseState) -> float:
        """Return how long the helm that wrote this record may still be at work; 0: it may be repaired.

        At once where that helm ran on this machine and died; elsewhere only the record's age tells.
        """
        lock = self._lock(state.name, state.namespace)
        if not state.pending or process_lock.owner_is_dead(lock, state.updated, TIMEOUT):
            return 0.0
        return max(0.0, TIMEOUT - (datetime.now(UTC) - state.updated).total_seconds())

    def version(self) -> tuple[int, int, int]:
        """Return the program's version. Raises ToolError where it is missing or too old."""
        path = process.find("helm", fix=FIX)
        found = _version(path, Path(path).stat().st_mtime_ns, **self._environment())
        if found < OLDEST:
            raise ToolError("helm is too old", why=f"{path} is {'.'.join(map(str, found))}", fix=FIX)
        return found

    def _lock(self, name: str, namespace: str) -> Path:
        return self._home / "at-work" / f"{namespace}.{name}"

    def _run(
        self, what: str, call: Callable[[Any], Coroutine[Any, Any, T]], *, lock: Path | None = None
    ) -> T:
        """Return what `call` of pyhelm3's Command returns. lock: held by helm, should epochctl be killed.

        Raises HelmFailedError where there is no such release, else the error of its cause.
        """
        composer = self._composer()
        with process_lock.hold(lock) if lock else nullcontext() as file:
            self._inherited = () if file is None else (file,)
            try:
                return asyncio.run(call(composer))
            except HelmFailedError as failure:
                if failure.is_not_found:
                    raise
                raise translate(what, failure, self._who) from failure
            finally:
                self._inherited = ()

    def _composer(self) -> Any:
        """Return pyhelm3's Command, with its argv run by `_execute`."""
        if self._helm is None:
            from pyhelm3 import Command

            self.version()
            execute = self._execute

            class BoundedCommand(Command):  # type: ignore[misc]
                async def run(self, command: list[Any], input: bytes | None = None) -> bytes:
                    return execute(command, input)

            self._helm = BoundedCommand(history_max_revisions=HISTORY_MAX, default_timeout=f"{TIMEOUT:.0f}s")
        return self._helm

    def _execute(self, arguments: Sequence[Any], stdin: bytes | None) -> bytes:
        argv = [process.find("helm", fix=FIX), *map(str, arguments), "--kubeconfig", str(self._kubeconfig)]
        ended = process.run(
            argv,
            env=self._environment() | ({TOKEN: token} if (token := self._token()) else {}),
            stdin=stdin,
            timeout=TIMEOUT + 30,
            interrupt_grace=TIMEOUT,
            inherited=self._inherited,
        )
        if ended.code != 0:
            raise HelmFailedError(ended.code, ended.stderr)
        return ended.stdout.encode()

    def _environment(self) -> dict[str, str]:
        kinds = ("CACHE", "CONFIG", "DATA")
        return {f"HELM_{kind}_HOME": str(self._home / kind.lower()) for kind in kinds}


@cache
def _version(executable: str, changed: int, **env: str) -> tuple[int, int, int]:
    """Return the version of that file. changed: its time of change, since another file is another version."""
    ended = process.run([executable, "version", "--short"], env=env, timeout=30)
    found = re.search(r"v?(\d+)\.(\d+)\.(\d+)", ended.stdout)
    return (int(found[1]), int(found[2]), int(found[3])) if found else (0, 0, 0)
