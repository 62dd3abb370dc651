"""Runs a workflow as written: its jobs in the order of their needs, each job's steps one after the other.

Knows the files and variables that GitHub's runner gives to steps. What `uses:` names is done by stand-ins.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from actions import standins
from actions.event import Event
from actions.expressions import condition, interpolate, names_status, value
from actions.github_api import READER, REPOSITORY, TOKEN


@dataclass
class Step:
    """How a step ended: success, failure or skipped, and what it said."""

    name: str
    outcome: str
    said: str = ""


@dataclass
class Job:
    """How a job ended, in one of its matrix's cells."""

    name: str
    result: str
    steps: list[Step] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    summary: str = ""

    def step(self, name: str) -> Step:
        return next(step for step in self.steps if name in step.name)


@dataclass
class Run:
    """Every job of one run."""

    jobs: list[Job]
    moments: list[tuple[str, float]] = field(default_factory=list)  # a gate passed, a token signed; when

    @property
    def result(self) -> str:
        return "failure" if any(job.result == "failure" for job in self.jobs) else "success"

    def job(self, name: str) -> Job:
        return next(job for job in self.jobs if job.name == name)

    def told(self) -> str:
        """Everything, for a test that failed."""
        lines = [
            f"== {job.name}: {job.result}\n"
            + "\n".join(f"-- {step.name}: {step.outcome}\n{step.said}" for step in job.steps)
            for job in self.jobs
        ]
        return "\n".join(lines)


class Runner:
    """remote: the repository; api: GitHub's API; scratch: a folder of its own; variables: of the machine.

    mint: signs who a run is, as GitHub does; None where nothing can be signed. agreed: after how many seconds
    those who must agree to what is done in an environment do; None: never, and its jobs are ended unbegun.
    """

    def __init__(
        self,
        remote: Path,
        api: str,
        scratch: Path,
        variables: Mapping[str, str],
        mint: standins.Mint,
        agreed: float | None = 0.0,
    ) -> None:
        self.remote, self.api, self.scratch, self.mint, self._agreed = remote, api, scratch, mint, agreed
        self._moments: list[tuple[str, float]] = []
        self.variables = {name: told for name, told in variables.items() if not _private(name)}
        self._runs = 0

    def run(self, workflow: Path, event: Event) -> Run:
        """All of it. A job whose needs did not end well is skipped."""
        self._runs, self._moments = self._runs + 1, []
        place = self.scratch / f"run-{self._runs}"
        told = yaml.safe_load(workflow.read_text())
        done: dict[str, list[Job]] = {}
        left = dict(told["jobs"])
        while left:
            name = next(name for name, job in left.items() if set(_listed(job.get("needs"))) <= done.keys())
            done[name] = self._job(name, left.pop(name), told, event, done, place)
        return Run([job for jobs in done.values() for job in jobs], self._moments)

    def sign(self, claims: dict[str, str]) -> str:
        """Who a run is, signed."""
        assert self.mint is not None
        token = self.mint(claims)
        self._moments.append((f"signed {claims['sub']}", time.monotonic()))
        return token

    def _job(
        self,
        name: str,
        job: dict[str, Any],
        workflow: dict[str, Any],
        event: Event,
        done: dict[str, list[Job]],
        place: Path,
    ) -> list[Job]:
        needs = {
            need: {"result": _together(done[need]), "outputs": done[need][-1].outputs}
            for need in _listed(job.get("needs"))
        }
        well = all(need["result"] == "success" for need in needs.values())
        contexts = self._contexts(job, event, needs, "success" if well else "failure")
        wanted = str(job.get("if", "success()"))
        if not (condition(wanted, contexts) and (well or names_status(wanted))):
            return [Job(name, "skipped")]
        if "environment" in job and not self._let_in(str(job["environment"])):
            return [Job(name, "failure")]
        cells = _cells(job, contexts)
        return [
            _Cell(self, name, job, workflow, event, {**contexts, "matrix": cell}, place).run()
            for cell in cells
        ]

    def _let_in(self, environment: str) -> bool:
        """A job of an environment waits, before its first step, for those who must agree."""
        self._moments.append((f"asked for {environment}", time.monotonic()))
        if self._agreed is None:
            return False
        time.sleep(self._agreed)
        self._moments.append((f"agreed to {environment}", time.monotonic()))
        return True

    def _contexts(
        self, job: dict[str, Any], event: Event, needs: Mapping[str, Any], status: str
    ) -> dict[str, Any]:
        may_write = job.get("permissions", {}).get("pull-requests") == "write" and not event.fork
        github = {
            "repository": REPOSITORY,
            "sha": event.sha,
            "ref": event.ref,
            "event_name": event.name,
            "event": event.payload,
            "token": TOKEN if may_write else READER,
        }
        inputs = event.payload.get("inputs", {})
        return {"github": github, "needs": needs, "inputs": inputs, "status": status, "steps": {}}


class _Cell:
    """One job in one cell of its matrix."""

    def __init__(
        self,
        runner: Runner,
        name: str,
        job: dict[str, Any],
        workflow: dict[str, Any],
        event: Event,
        contexts: dict[str, Any],
        place: Path,
    ) -> None:
        self.runner, self.job, self.event, self.contexts = runner, job, event, contexts
        self.artifacts = place / "artifacts"
        self.place = place / "-".join([name, *map(str, contexts["matrix"].values())])
        self.workspace = self.place / "workspace"
        self.workspace.mkdir(parents=True)
        self.result = Job(name, "success")
        self.env = {
            **runner.variables,
            **self._github(),
            **_texts({**workflow.get("env", {}), **job.get("env", {})}, contexts),
        }

    def run(self) -> Job:
        self.contexts["status"] = "success"
        for index, step in enumerate(self.job["steps"]):
            ended = self._step(index, step)
            self.result.steps.append(ended)
            if ended.outcome == "failure":
                self.contexts["status"] = self.result.result = "failure"
        self.result.outputs = {
            name: interpolate(text, self.contexts) for name, text in self.job.get("outputs", {}).items()
        }
        self.result.summary = _read(self.place / "summary")
        return self.result

    def _step(self, index: int, step: dict[str, Any]) -> Step:
        name = str(step.get("name") or step.get("uses") or step["run"])
        wanted = str(step.get("if", "success()"))
        asked = condition(wanted, self.contexts)
        if not asked or (self.contexts["status"] == "failure" and not names_status(wanted)):
            ended = Step(name, "skipped")
        elif "uses" in step:
            ended = self._used(name, step)
        else:
            ended = self._ran(name, index, step)
        if "id" in step:
            outputs = _pairs(self.place / "output")
            self.contexts["steps"][step["id"]] = {"outcome": ended.outcome, "outputs": outputs}
        return ended

    def _used(self, name: str, step: dict[str, Any]) -> Step:
        given = {key: value(told, self.contexts) for key, told in step.get("with", {}).items()}
        try:
            said = standins.ACTIONS[step["uses"].partition("@")[0]](self, given)
            return Step(name, "success", said)
        except standins.Failed as failure:
            return Step(name, "failure", str(failure))

    def _ran(self, name: str, index: int, step: dict[str, Any]) -> Step:
        script = self.place / f"step-{index}.sh"
        script.write_text(interpolate(step["run"], self.contexts))
        (self.place / "output").write_text("")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.workspace,
            env={**self.env, **_pairs(self.place / "env"), **_texts(step.get("env", {}), self.contexts)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=900,
        )
        return Step(name, "failure" if done.returncode else "success", done.stdout)

    def _github(self) -> dict[str, str]:
        event = self.place / "event.json"
        event.write_text(json.dumps(self.event.payload))
        files = {
            "GITHUB_ENV": "env",
            "GITHUB_OUTPUT": "output",
            "GITHUB_PATH": "path",
            "GITHUB_STEP_SUMMARY": "summary",
        }
        for path in files.values():
            (self.place / path).touch()
        return {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": self.runner.api,
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_RUN_ID": "4711",
            "GITHUB_EVENT_NAME": self.event.name,
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_SHA": self.event.sha,
            "GITHUB_REF": self.event.ref,
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_TEMP": str(self.place),
            **{name: str(self.place / path) for name, path in files.items()},
        }


def _private(name: str) -> bool:
    """What a hosted machine would not have: somebody's credentials and settings."""
    kept = {"AWS_CA_BUNDLE", "AWS_EC2_METADATA_DISABLED"}
    ours = ("AWS_", "GITHUB_", "EPOCHCTL_", "API_HOSTNAME", "PYTHONPATH")
    return name.startswith(ours) and name not in kept


def _cells(job: dict[str, Any], contexts: Mapping[str, Any]) -> list[dict[str, Any]]:
    matrix = job.get("strategy", {}).get("matrix", {})
    if not matrix:
        return [{}]
    ((name, told),) = matrix.items()
    return [{name: one} for one in value(told, contexts)]


def _together(jobs: list[Job]) -> str:
    results = {job.result for job in jobs}
    return "failure" if "failure" in results else "skipped" if results == {"skipped"} else "success"


def _listed(needs: Any) -> list[str]:
    return [needs] if isinstance(needs, str) else list(needs or ())


def _texts(told: Mapping[str, Any], contexts: Mapping[str, Any]) -> dict[str, str]:
    return {name: interpolate(str(text), contexts) for name, text in told.items()}


def _pairs(path: Path) -> dict[str, str]:
    lines = (line.partition("=") for line in _read(path).splitlines() if line)
    return {name: told for name, _, told in lines}


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def machine() -> dict[str, str]:
    """The variables of this machine."""
    return dict(os.environ)
