"""A state that could not be uploaded never replaces a newer one."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from epochctl.errors import CredentialsError, InfrastructureError
from epochctl.tools.terraform import Terraform, read_lock_holder
from epochctl.tools.terraform.failure import with_errored_state


def state(lineage: str, serial: int, *resources: str) -> str:
    return json.dumps({"lineage": lineage, "serial": serial, "resources": list(resources)})


class Run:
    """terraform, answering `state pull` with `there`."""

    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: str) -> None:
        (tmp_path / "root").mkdir()
        self.data = tmp_path / "data"
        self.pushed: list[str] = []
        self.terraform = Terraform(tmp_path / "root", self.data, "us-west-2")

        def query(verb: str, *arguments: str, **options: object) -> str:
            if verb == "state push":
                self.pushed.append(Path(arguments[0]).read_text())
            return there

        monkeypatch.setattr(self.terraform._execution, "query", query)

    def leaves(self, text: str) -> None:
        (self.data / "root").mkdir(parents=True)
        (self.data / "root/errored.tfstate").write_text(text)


def test_a_later_state_is_pushed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(tmp_path, monkeypatch, state("a", 3))
    run.leaves(state("a", 4, "vpc"))
    assert "serial 4" in run.terraform.push_errored_state()
    assert run.pushed == [state("a", 4, "vpc")]
    assert run.terraform.push_errored_state() == ""


def test_the_first_state_of_all_is_pushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(tmp_path, monkeypatch, "")
    run.leaves(state("a", 1))
    run.terraform.push_errored_state()
    assert len(run.pushed) == 1


def test_a_newer_state_is_never_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(tmp_path, monkeypatch, state("a", 7))
    run.leaves(state("a", 4))
    assert "older" in run.terraform.push_errored_state()
    assert run.pushed == []
    assert len(list(run.data.glob("errored-older-*.tfstate"))) == 1


@pytest.mark.parametrize("there", [state("b", 1), state("a", 4, "other")])
def test_what_has_no_order_is_refused_and_kept(
    there: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(tmp_path, monkeypatch, there)
    run.leaves(state("a", 4))
    with pytest.raises(InfrastructureError, match=r"errored\.tfstate"):
        run.terraform.push_errored_state()
    assert run.pushed == []
    assert (run.data / "errored.tfstate").exists()


def test_it_is_private_and_survives_what_comes_after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(tmp_path, monkeypatch, "")
    run.leaves(state("a", 1))
    run.terraform._workdir.stage({}, keep_lock=False)
    path = run.terraform._workdir.errored_state()
    assert path is not None
    assert path.stat().st_mode & 0o077 == 0
    os.utime(path, (1, 1))
    (run.data / "root/errored.tfstate").write_text(state("a", 2))
    run.terraform._workdir.errored_state()
    assert (run.data / "errored-1.tfstate").read_text() == state("a", 1)
    error = with_errored_state(CredentialsError("expired", why="ExpiredToken"), path)
    assert str(path) in error.why
    assert "epochctl resume" in error.fix


def test_terraforms_lock_object_is_read() -> None:
    holder = read_lock_holder(
        '{"ID":"4711","Operation":"OperationTypeApply","Info":"","Who":"ada@engine","Version":"1.12.0",'
        '"Created":"2026-11-24T12:00:00.123456789Z","Path":"b/k"}'
    )
    assert holder is not None
    assert (holder.id, holder.who, holder.when) == ("4711", "ada@engine", "2026-11-24 12:00:00 UTC")
    assert holder.is_held_by("ada@engine", holder.created - 10)
    assert not holder.is_held_by("ada@engine", holder.created + 10)
    assert read_lock_holder("nonsense") is None
