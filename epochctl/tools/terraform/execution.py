"""One Terraform process at a time: python-terraform composes the argv, tools.process runs it.

Its JSON lines are reported as they come, and the run is recorded in the working folder. python-terraform
runs nothing: it returns failures as a tuple and output only at the end, and its `destroy` sends -force.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from epochctl.errors import InfrastructureError, LockedError, ToolError
from epochctl.tools import process
from epochctl.tools.terraform import failure
from epochctl.tools.terraform.stream import Stream
from epochctl.tools.terraform.workdir import Workdir

Say = Callable[[str], None]

MINIMUM = (1, 11)
_GET = "install terraform 1.11 or newer: https://developer.hashicorp.com/terraform/install"


class Execution:
    """The program in one working folder. latest: when its last process started and ended, in Unix time."""

    def __init__(self, workdir: Workdir) -> None:
        self._workdir = workdir
        self._version: tuple[str, str] | None = None
        self.latest = (0.0, 0.0)

    def version(self) -> tuple[str, str]:
        """Return (version, platform) of the program. Raises ToolError where it is missing or too old."""
        if self._version is None:
            path = process.find("terraform", fix=_GET)
            done = process.run([path, "version", "-json"], env=self._environment(), timeout=60)
            try:
                answer = json.loads(done.stdout)
                self._version = (answer["terraform_version"], answer["platform"])
            except (ValueError, KeyError) as error:
                raise ToolError(
                    "terraform does not tell its version", why=done.stderr or done.stdout, fix=_GET
                ) from error
            if tuple(int(part) for part in self._version[0].split(".")[:2]) < MINIMUM:
                raise ToolError(
                    "terraform is too old",
                    why=f"{self._version[0]} found, 1.11 needed for state locks in S3",
                    fix=_GET,
                )
        return self._version

    def busy(self) -> str:
        """Return what a terraform that an earlier run left behind is doing, "" where none is alive."""
        run = self._workdir.running()
        return f"terraform {run.doing} of an earlier run (process {run.pid}) is still at work" if run else ""

    def query(self, verb: str, *arguments: str, absent: str = "", **options: Any) -> str:
        """Run a short command and return its whole stdout; "" where it fails with the words `absent`."""
        lines: list[str] = []
        started = time.time()
        done = process.run(
            self._argv(verb, arguments, options),
            cwd=self._workdir.root,
            env=self._environment(),
            timeout=300,
            on_line=lines.append,
        )
        self.latest = (started, time.time())
        if done.code == 0:
            return "\n".join(lines)
        if absent and absent in done.stderr:
            return ""
        raise failure.translate((), done.stderr.splitlines(), verb)

    def run(
        self, verb: str, say: Say, *arguments: str, timeout: float = 5400, **options: Any
    ) -> tuple[int, Stream]:
        """Run a long command, reported as it goes, and return its exit code and messages.

        It is recorded while it runs, and goes on if epochctl is killed.
        """
        if busy := self.busy():
            raise LockedError(
                "terraform is at work", why=busy, fix="run the same command again when it has ended"
            )
        stream, started = Stream(say), time.time()
        done = process.run(
            self._argv(verb, arguments, options | {"json": True}),
            cwd=self._workdir.root,
            env=self._environment(),
            timeout=timeout,
            log=self._workdir.output,
            on_line=stream,
            on_start=lambda pid: self._workdir.record_start(pid, verb),
        )
        self.latest = (started, time.time())
        if done.code < 0:
            self._workdir.record_death()
            raise InfrastructureError(
                f"terraform {verb} was killed",
                why=f"by signal {-done.code}; perhaps there was not enough memory",
                fix="run the same command again: it goes on from here",
            )
        failed = done.code != 0 and (verb, done.code) != ("plan", 2)
        if failure.has_left_lock(stream.errors):
            self._workdir.record_death()  # as good as dead: it could not release its lock
        else:
            self._workdir.record_end(free=not failed and verb != "init")
        if failed:
            error = failure.translate(stream.errors, stream.raw or done.stdout.splitlines(), verb)
            raise failure.with_errored_state(error, self._workdir.errored_state())
        return done.code, stream

    def _argv(self, verb: str, arguments: Sequence[str], options: Mapping[str, Any]) -> list[str]:
        from python_terraform import IsFlagged
        from python_terraform import Terraform as Composer

        valued = {"input"}
        flags = {
            name: IsFlagged if value is True and name not in valued else value
            for name, value in options.items()
        }
        composer = Composer(terraform_bin_path=process.find("terraform", fix=_GET))
        return [str(part) for part in composer.generate_cmd_string(verb, *arguments, **flags)]

    def _environment(self) -> dict[str, str]:
        return {
            "TF_DATA_DIR": str(self._workdir.cache),
            "TF_IN_AUTOMATION": "1",
            "TF_WORKSPACE": "default",
            "CHECKPOINT_DISABLE": "1",
            # The provider's schema is most of a plan's work. Measured, empty plan: 4.4 s instead of 5.0 s.
            "GOGC": "400",
            "GOMEMLIMIT": "1GiB",
        }
