"""helm through pyhelm3: frozen facts in and out, values on stdin, own directories. The only `asyncio.run`.

Knows no chart in particular and nothing of AWS. helm never waits here: whoever deploys waits, naming causes.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from epochctl.errors import ClusterError, EpochctlError, ToolError, unknown_caller
from epochctl.tools import process
from epochctl.tools.helm import process_lock
from epochctl.tools.helm.state import Json, ReleaseState, parsed, without_hooks

T = TypeVar("T")

OLDEST = (3, 17, 0)
TIMEOUT = (
    60.0  # helm without --wait only sends objects; a pending record older than this has nobody at work on it
)
# What kubectl and helm make of a 401, and of an exec plugin (our own `token`) that has no credentials.
UNKNOWN = re.compile(
    r"asked for the client to provide credentials|Unauthorized|getting credentials: exec:", re.I
)
KEPT_REVISIONS = 10
FIX = "install helm 3.17 or later (https://helm.sh/docs/intro/install)"


class Helm:
    """helm on one cluster. home: where its caches and settings go, so that the user's own stay untouched.

    who: tells, for an error, who we are; token: a fresh one, "" where the kubeconfig's plugin is to be asked.
    """

    def __init__(
        self, kubeconfig: Path, home: Path, who: Callable[[], str] = str, token: Callable[[], str] = str
    ) -> None:
        self._kubeconfig = kubeconfig
        self._who, self._token = who, token
        self._home = home.absolute()
        self._known: Any = None

    def release(self, name: str, namespace: str) -> ReleaseState | None:
        """The latest revision, or None where there is no such release."""
        from pyhelm3.errors import ReleaseNotFoundError

        try:
            return parsed(self._run("status", lambda c: c.status(name, namespace=namespace)))
        except ReleaseNotFoundError:
            return None

    def install_or_upgrade(
        self, name: str, namespace: str, chart: Path, values: Json, *, note: str = ""
    ) -> ReleaseState:
        """Send the chart's objects: a missing one is made again, a changed one put right. Does not wait.

        note: kept with the revision; helm's own words where it is "".
        """
        forced = {"force_conflicts": True} if self.version()[0] >= 4 else {}
        return parsed(
            self._change(
                f"upgrade --install {name}",
                self._trace(name, namespace),
                lambda c: c.install_or_upgrade(
                    name,
                    chart.resolve(),
                    dict(values),
                    namespace=namespace,
                    create_namespace=False,
                    description=note,
                    **forced,
                ),
            )
        )

    def rollback(self, name: str, namespace: str, revision: int) -> None:
        """Make an older revision the latest: what others changed meanwhile is put right, as by an upgrade."""
        argv = ["rollback", name, revision, "--namespace", namespace, "--history-max", KEPT_REVISIONS]
        argv += ["--force-conflicts"] if self.version()[0] >= 4 else []
        self._change(f"rollback {name}", self._trace(name, namespace), lambda c: c.run(argv))

    def uninstall(self, name: str, namespace: str) -> bool:
        """Remove the release and ask for its objects' deletion. False where it is already absent."""
        from pyhelm3.errors import ReleaseNotFoundError

        try:
            self._change(
                f"uninstall {name}",
                self._trace(name, namespace),
                lambda c: c.uninstall(name, namespace=namespace),
            )
        except ReleaseNotFoundError:
            return False
        return True

    def revision_before(self, name: str, namespace: str, revision: int) -> int | None:
        """The latest revision before this one that was deployed once, or None."""
        history = self._run(f"history {name}", lambda c: c.history(name, namespace=namespace))
        found = [int(item["revision"]) for item in history if item["status"] in {"superseded", "deployed"}]
        return max((number for number in found if number < revision), default=None)

    def render(self, name: str, namespace: str, chart: Path, values: Json) -> tuple[Json, ...]:
        """The objects that the chart would make, without asking the cluster."""
        rendered = self._run(
            "template", lambda c: c.template(name, chart.resolve(), dict(values), namespace=namespace)
        )
        return without_hooks(item for item in rendered if item)

    def pulled(self, repository: str, name: str, version: str) -> Path:
        """The directory of a chart of a repository, fetched once."""
        kept = self._home / "charts" / f"{name}-{version}"
        if kept.is_dir():
            return kept
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as part:
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
            shutil.move(str(Path(part) / name), kept)
        return kept

    def repair(self, state: ReleaseState) -> str:
        """End what a killed helm left half done, and say how; "" where nothing is to be done."""
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

    def seconds_left(self, state: ReleaseState) -> float:
        """How long a helm that wrote this record may still be at work; 0 and it may be repaired.

        At once where it ran on this machine and died; elsewhere only its age tells.
        """
        if not state.pending or process_lock.owner_is_dead(
            self._trace(state.name, state.namespace), state.updated, TIMEOUT
        ):
            return 0.0
        return max(0.0, TIMEOUT - (datetime.now(UTC) - state.updated).total_seconds())

    def version(self) -> tuple[int, int, int]:
        """The binary's version. Raises ToolError where it is missing or too old."""
        found = self._client().version
        return (found.major, found.minor, found.patch)

    def _trace(self, name: str, namespace: str) -> Path:
        return self._home / "at-work" / f"{namespace}.{name}"

    def _change(self, what: str, path: Path, call: Callable[[Any], Coroutine[Any, Any, T]]) -> T:
        """_run, leaving a trace should we be killed."""
        command = self._client()._command
        with process_lock.record(path) as file:
            command.inherited = (file,)
            try:
                return self._run(what, call)
            finally:
                command.inherited = ()

    def _run(self, what: str, call: Callable[[Any], Coroutine[Any, Any, T]]) -> T:
        from pyhelm3 import errors

        command = self._client()._command
        try:
            return asyncio.run(call(command))
        except errors.ReleaseNotFoundError:
            raise
        except errors.Error as error:
            why = _last_lines(error.stderr) or _ending(error.returncode)
            raise _refusal(what, why, self._who) from error

    def _client(self) -> Any:
        if self._known is None:
            from pyhelm3 import Client

            from epochctl.tools.helm.command import BoundedCommand

            path = process.find("helm", fix=FIX)
            command = BoundedCommand(
                path, self._kubeconfig, self._env(), TIMEOUT, KEPT_REVISIONS, self._token
            )
            client = Client(command, executable=path)
            if client.version < ".".join(map(str, OLDEST)):
                raise ToolError("helm is too old", why=f"{path} is {client.version}", fix=FIX)
            self._known = client
        return self._known

    def _env(self) -> dict[str, str]:
        kinds = ("CACHE", "CONFIG", "DATA")
        return {f"HELM_{kind}_HOME": str(self._home / kind.lower()) for kind in kinds}


def _refusal(what: str, why: str, who: Callable[[], str] = str) -> EpochctlError:
    if UNKNOWN.search(why):
        return unknown_caller("the cluster", f"helm {what}: {why}", who())
    return ClusterError(f"helm {what} failed", why=why)


def _ending(code: int) -> str:
    return f"it was killed by signal {-code}" if code < 0 else f"it ended with code {code} and said nothing"


def _last_lines(stderr: bytes) -> str:
    lines = [line for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    return "\n".join(lines[-8:]).removeprefix("Error: ")
