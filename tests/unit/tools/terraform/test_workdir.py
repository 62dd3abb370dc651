"""The private copy of the root, and the record of a run that died."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from epochctl.errors import InfrastructureError
from epochctl.tools.process import birth_time
from epochctl.tools.terraform import LockHolder, Plan, StaleLockError, Terraform
from epochctl.tools.terraform.workdir import Run, Workdir
from epochctl.user import whoami


@pytest.fixture
def workdir(tmp_path: Path) -> Workdir:
    root = tmp_path / "root"
    (root / "modules/a").mkdir(parents=True)
    (root / ".terraform").mkdir()
    (root / "main.tf").write_text("main")
    (root / "modules/a/main.tf").write_text("a")
    (root / ".terraform.lock.hcl").write_text("locked")
    (root / ".terraform/junk.tf").write_text("junk")
    return Workdir(root, tmp_path / "data")


def test_the_copy_follows_the_root(workdir: Workdir, tmp_path: Path) -> None:
    workdir.stage({"adopted.tf": "import"}, keep_lock=False)
    workdir.stage({}, keep_lock=True)
    (workdir.root / ".terraform.lock.hcl").write_text("completed by init")
    (tmp_path / "root/modules/a/main.tf").write_text("b")
    workdir.stage({}, keep_lock=True)
    found = {
        str(path.relative_to(workdir.root)): path.read_text()
        for path in workdir.root.rglob("*")
        if path.is_file()
    }
    assert found == {"main.tf": "main", "modules/a/main.tf": "b", ".terraform.lock.hcl": "completed by init"}


def test_the_digest_changes_with_the_root(workdir: Workdir, tmp_path: Path) -> None:
    before = workdir.digest("1.11.4")
    assert workdir.digest("1.11.4") == before != workdir.digest("1.12.0")
    (tmp_path / "root/main.tf").write_text("other")
    assert workdir.digest("1.11.4") != before


def test_a_process_that_took_over_the_id_is_not_the_run() -> None:
    assert Run(os.getpid(), birth_time(os.getpid()), 0, "apply").alive()
    assert not Run(os.getpid(), "1", 0, "apply").alive()


def test_only_a_lock_of_our_own_dead_run_is_ours_to_break(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (tmp_path / "root").mkdir()
    data.mkdir()
    terraform = Terraform(tmp_path / "root", data, "us-west-2")
    mine = LockHolder("id", whoami(), "apply", 1000.0, "then")
    assert not terraform.is_owner_dead(mine)  # we know of no run that died

    (data / "died.json").write_text(
        '{"pid": 4194304, "born": "1", "started": 999, "doing": "apply", "last": 1010}'
    )
    assert terraform.is_owner_dead(mine)
    assert not terraform.is_owner_dead(LockHolder("id", "ada@engine", "apply", 1000.0, "then"))
    assert not terraform.is_owner_dead(LockHolder("id", whoami(), "apply", 2000.0, "later"))
    assert not terraform.is_owner_dead(LockHolder("id", whoami(), "apply", 900.0, "before"))


def test_a_lock_that_our_own_process_took_and_was_not_told_of_is_ours_to_break(tmp_path: Path) -> None:
    """S3 wrote it and the answer was lost: asked again, it says that somebody has it."""
    terraform = Terraform(tmp_path, tmp_path / "data", "us-west-2")
    terraform._execution.latest = (1000.0, 1003.0)
    assert terraform.is_owner_dead(LockHolder("id", whoami(), "plan", 1001.0, "now"))
    assert not terraform.is_owner_dead(LockHolder("id", whoami(), "plan", 999.0, "before"))
    assert not terraform.is_owner_dead(LockHolder("id", "ada@engine", "plan", 1001.0, "now"))


@pytest.mark.parametrize("locked", [True, False])
def test_a_plan_is_used_up_unless_nothing_was_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locked: bool
) -> None:
    terraform, path = Terraform(tmp_path, tmp_path / "data", "us-west-2"), tmp_path / "plan"
    path.touch()
    error = StaleLockError(LockHolder("id", "ada@engine", "apply", 1.0, "then"))

    def fail(*given: object, **more: object) -> None:
        raise error if locked else InfrastructureError("terraform apply failed")

    monkeypatch.setattr(terraform._execution, "run", fail)
    with pytest.raises(InfrastructureError if not locked else StaleLockError):
        terraform.apply(Plan(path, (), (), has_changes=True), lambda line: None)
    assert path.exists() == locked


def test_a_dead_run_is_remembered_until_the_lock_was_free(workdir: Workdir) -> None:
    workdir.stage({}, keep_lock=False)
    workdir.record_start(4194304, "apply")
    assert workdir.running() is None
    assert workdir.dead_run() is not None
    workdir.record_start(os.getpid(), "plan")
    assert workdir.running() is not None
    workdir.record_end(free=False)
    assert workdir.dead_run() is not None
    workdir.record_end(free=True)
    assert workdir.dead_run() is None


def test_other_platforms_keep_the_pinned_version_without_our_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / ".terraform.lock.hcl").write_text('version = "5.100.0"\nhashes = [\n  "h1:abc=",\n]\n')
    terraform = Terraform(root, tmp_path / "data", "us-west-2")
    monkeypatch.setattr(terraform._execution, "version", lambda: ("1.11.4", "darwin_arm64"))
    monkeypatch.setattr(terraform._execution, "run", lambda *_, **__: (0, None))
    terraform.init(None, lambda line: None)
    lock = (tmp_path / "data/root/.terraform.lock.hcl").read_text()
    assert "5.100.0" in lock
    assert "hashes" not in lock
