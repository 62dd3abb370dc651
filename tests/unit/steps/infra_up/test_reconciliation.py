"""A command that only looks (`status`, `up --plan`, `diff`): it waits for nobody and puts nothing right."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, cast

import pytest
from clock import Clock

from epochctl.command import Command
from epochctl.config.settings import Settings
from epochctl.errors import LockedError
from epochctl.outputs import Infrastructure
from epochctl.steps.infra_up import InfraUp
from epochctl.tools.terraform import LockHolder, Plan, StaleLockError, Terraform
from epochctl.workflow.outputs import Outputs
from epochctl.workflow.step import Context, ReadOnly

HOLDER = LockHolder("id", "me@here", "OperationTypePlan", 0.0, "noon")


@dataclass
class Program:
    """terraform that notes what it is asked for. at_work: there is one; locked: by a dead one of ours;
    unawares: by the plan that has just found it locked."""

    directory: Path
    at_work: str = ""
    locked: bool = False
    unawares: bool = False
    looked: int = 0  # so many times, somebody who only looks has the lock
    asked: list[str] = field(default_factory=list)

    def busy(self) -> str:
        return self.at_work

    def errored_state(self) -> Path | None:
        path = self.directory / "errored.tfstate"
        return path if path.exists() else None

    def push_errored_state(self) -> str:
        self.asked.append("push")
        return ""

    def init(self, *given: object, **more: object) -> None:
        self.asked.append("init")

    def plan(self, *given: object, **more: object) -> Plan:
        if self.looked:
            self.looked -= 1
            raise StaleLockError(replace(HOLDER, who="ada@engine"))
        if self.locked:
            raise StaleLockError(HOLDER)
        self.asked.append("plan")
        return Plan(self.directory / "plan", (), (), has_changes=False)

    def output(self) -> dict[str, Any]:
        return {}

    def is_owner_dead(self, holder: LockHolder) -> bool:
        return holder.who == HOLDER.who

    def is_lock_of_last_process(self, holder: LockHolder) -> bool:
        return self.unawares and holder.who == HOLDER.who

    def unlock(self, lock_id: str) -> None:
        self.asked.append("unlock")
        self.locked = False


class Bucket:
    holds = ""

    def name(self, account: str) -> str:
        return "bucket"

    def exists(self, account: str) -> bool:
        return True

    def read_text(self, account: str, key: str) -> str:
        if self.holds:
            return self.holds
        return '{"resources": [{"mode": "managed", "type": "aws_vpc", "name": "this", "instances": [{}]}]}'


class Account:
    def account_id(self) -> str:
        return "123456789012"


class Nothing:
    def find(self) -> dict[str, str]:
        return {}

    def read(self) -> str:
        return ""


def made(program: Program) -> InfraUp:
    """The step around that terraform, in an account where nothing else is."""
    anything, nothing = cast(Any, Bucket()), cast(Any, Nothing())
    return InfraUp(
        Settings(hostname="api.example.com", directory=program.directory),
        "us-west-2",
        aws=cast(Any, Account()),
        terraform=cast(Terraform, program),
        bucket=anything,
        ecr=anything,
        network=anything,
        orphans=anything,
        import_ids=nothing,
        name_conflicts=nothing,
        expiry=nothing,
    )


def context(read_only: ReadOnly | None) -> Context:
    return Context("infra-up", Outputs(), lambda event: None, read_only=read_only)


@pytest.mark.parametrize(
    ("at_work", "beside"), [("terraform apply is at work", ""), ("", "ada runs `epochctl up`")]
)
def test_it_does_not_wait_for_a_run_at_work(tmp_path: Path, at_work: str, beside: str) -> None:
    program = Program(tmp_path, at_work=at_work)
    seen = made(program).observe(context(ReadOnly(beside)))
    assert seen.changes == (f"not planned: {at_work or beside}",)
    assert seen.exists
    assert program.asked == []


def test_a_kept_state_is_told_of_and_not_pushed(tmp_path: Path) -> None:
    kept = tmp_path / "errored.tfstate"
    kept.touch()
    program = Program(tmp_path)
    seen = made(program).observe(context(ReadOnly()))
    assert seen.changes == (f"{kept} holds what could not be uploaded: {Command('resume')}",)
    assert program.asked == ["init", "plan"]


def test_a_dead_runs_lock_is_told_of_and_not_broken(tmp_path: Path) -> None:
    program = Program(tmp_path, locked=True)
    seen = made(program).observe(context(ReadOnly()))
    assert seen.changes == ("not planned: by me@here since noon (OperationTypePlan)",)
    assert "unlock" not in program.asked


def test_the_lock_that_its_own_plan_took_unawares_is_not_left_behind(tmp_path: Path) -> None:
    """S3 gave it and the answer was lost: nobody else would let go of it, and every `up` would stop at it."""
    program = Program(tmp_path, locked=True, unawares=True)
    seen = made(program).observe(context(ReadOnly()))
    assert seen.changes == ()
    assert program.asked == ["init", "unlock", "plan"]


def test_a_run_that_changes_things_puts_both_right(tmp_path: Path) -> None:
    program = Program(tmp_path, locked=True)
    made(program).observe(context(None))
    assert program.asked == ["init", "push", "unlock", "plan"]


def test_a_plan_alone_says_who_is_at_work(tmp_path: Path) -> None:
    with pytest.raises(LockedError) as caught:
        made(Program(tmp_path)).plan(context(ReadOnly("ada runs `epochctl up`")))
    assert caught.value.why == "ada runs `epochctl up`"


def test_a_run_waits_for_somebody_elses_look(tmp_path: Path) -> None:
    program = Program(tmp_path, looked=3)
    said: list[Any] = []
    made(program).observe(Context("infra-up", Outputs(), said.append, Clock()))
    assert "plan" in program.asked
    assert "unlock" not in program.asked
    assert any("ada@engine" in getattr(event, "cause", "") for event in said)


def test_a_look_that_does_not_end_is_a_lock_like_any_other(tmp_path: Path) -> None:
    program = Program(tmp_path, looked=1000)
    with pytest.raises(StaleLockError) as caught:
        made(program).observe(Context("infra-up", Outputs(), lambda event: None, Clock()))
    assert "ada@engine" in caught.value.why


def test_what_only_needs_the_outputs_starts_no_terraform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [field.name for field in fields(Infrastructure)]
    outputs = {name: {"value": ["a"] if name.endswith("ids") else "a"} for name in names}
    monkeypatch.setattr(Bucket, "holds", json.dumps({"outputs": outputs}))
    program = Program(tmp_path)
    found = made(program).cached_output(context(None))
    assert found is not None
    assert found.public_subnet_ids == ("a",)
    assert program.asked == []
    monkeypatch.setattr(Bucket, "holds", json.dumps({"outputs": {}}))
    assert made(program).cached_output(context(None)) is None
