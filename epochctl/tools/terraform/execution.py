"""One terraform process at a time: argv by python-terraform, run by tools.process, its JSON lines told as
they come; what is under way is written down in the working folder.

Knows how a process ends; nothing of what the verbs mean.
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
    """The program in one working folder. latest: when its last process began and ended."""

    def __init__(self, site: Workdir) -> None:
        self._site = site
        self._version: tuple[str, str] | None = None
        self.latest = (0.0, 0.0)

    def version(self) -> tuple[str, str]:
        """(version, platform) of the program. Raises ToolError where it is missing or too old."""
        if self._version is None:
            path = process.find("terraform", fix=_GET)
            told = process.run([path, "version", "-json"], env=self._environment(), timeout=60)
            try:
                answer = json.loads(told.stdout)
                self._version = (answer["terraform_version"], answer["platform"])
            except (ValueError, KeyError) as error:
                raise ToolError(
                    "terraform does not tell its version", why=told.stderr or told.stdout, fix=_GET
                ) from error
            if tuple(int(part) for part in self._version[0].split(".")[:2]) < MINIMUM:
                raise ToolError(
                    "terraform is too old",
                    why=f"{self._version[0]} found, 1.11 needed for state locks in S3",
                    fix=_GET,
                )
        return self._version

    def busy(self) -> str:
        """What a terraform that an earlier run of ours left behind is doing, "" where none is alive."""
        run = self._site.running()
        return f"terraform {run.doing} of an earlier run (process {run.pid}) is still at work" if run else ""

    def whole(self, verb: str, *arguments: str, **options: Any) -> str:
        """A short question with a long answer, all of which is kept."""
        lines: list[str] = []
        done = process.run(
            self._argv(verb, arguments, options),
            cwd=self._site.root,
            env=self._environment(),
            timeout=300,
            on_line=lines.append,
        )
        if done.code != 0:
            raise failure.translate((), done.stderr.splitlines(), verb)
        return "\n".join(lines)

    def ask(self, verb: str, *arguments: str, absent: str = "", **options: Any) -> str:
        """A short question, answered on stdout; `absent`: a failure with these words is an empty answer."""
        started = time.time()
        done = process.run(
            self._argv(verb, arguments, options), cwd=self._site.root, env=self._environment(), timeout=300
        )
        self.latest = (started, time.time())
        if done.code == 0:
            return done.stdout
        if absent and absent in done.stderr:
            return ""
        raise failure.translate((), done.stderr.splitlines(), verb)

    def run(
        self, verb: str, say: Say, *arguments: str, timeout: float = 5400, **options: Any
    ) -> tuple[int, Stream]:
        """A long verb, told as it goes; written down while it runs, and outlives us should we be killed."""
        if busy := self.busy():
            raise LockedError(
                "terraform is at work", why=busy, fix="run the same command again when it has ended"
            )
        stream, started = Stream(say), time.time()
        done = process.run(
            self._argv(verb, arguments, options | {"json": True}),
            cwd=self._site.root,
            env=self._environment(),
            timeout=timeout,
            log=self._site.output,
            on_line=stream,
            on_start=lambda pid: self._site.begin(pid, verb),
        )
        self.latest = (started, time.time())
        if done.code < 0:
            self._site.bury()
            raise InfrastructureError(
                f"terraform {verb} was killed",
                why=f"by signal {-done.code}; perhaps there was not enough memory",
                fix="run the same command again: it goes on from here",
            )
        failed = done.code != 0 and (verb, done.code) != ("plan", 2)
        if failure.keeps_lock(stream.errors):
            self._site.bury()  # as good as dead: it could not let go of its lock
        else:
            self._site.end(free=not failed and verb != "init")
        if failed:
            error = failure.translate(stream.errors, stream.raw or done.stdout.splitlines(), verb)
            raise failure.with_kept_state(error, self._site.errored())
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
            "TF_DATA_DIR": str(self._site.cache),
            "TF_IN_AUTOMATION": "1",
            "TF_WORKSPACE": "default",
            "CHECKPOINT_DISABLE": "1",
            # The provider's schema is most of a plan's work. Measured, empty plan: 4.4 s instead of 5.0 s.
            "GOGC": "400",
            "GOMEMLIMIT": "1GiB",
        }
