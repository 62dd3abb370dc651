"""Nothing of ours tells terraform to go without its lock, or to overwrite a state by force."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import epochctl
from epochctl.tools import process
from epochctl.tools.terraform import Terraform

PACKAGE = Path(epochctl.__file__).parent


def test_no_argv_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "root").mkdir()
    asked: list[list[str]] = []

    def run(argv: list[str], **options: object) -> process.Completed:
        asked.append(argv)
        return process.Completed(tuple(argv), 0, "{}", "")

    monkeypatch.setattr(process, "find", lambda program, fix: program)
    monkeypatch.setattr(process, "run", run)
    terraform = Terraform(tmp_path / "root", tmp_path / "data", "us-west-2")
    monkeypatch.setattr(terraform._execution, "version", lambda: ("1.12.0", "linux_amd64"))
    terraform.init(None, lambda line: None)
    terraform.apply(terraform.plan({}, lambda line: None), lambda line: None)
    terraform.output()
    terraform.state_list()
    terraform.untaint("aws_vpc.this")
    terraform.unlock("4711")
    (tmp_path / "data/root/errored.tfstate").write_text('{"lineage": "a", "serial": 1}')
    terraform.push_errored_state()
    words = {word for argv in asked for word in argv}
    assert {"plan", "apply", "push", "force-unlock"} <= {word for one in words for word in one.split()}
    assert [word for word in words if "lock=" in word] == []
    assert [argv for argv in asked if "-force" in argv and "force-unlock" not in argv] == []


def test_no_source_has_it() -> None:
    found = [
        path for path in PACKAGE.rglob("*.py") if re.search(r"lock=false|\block=False", path.read_text())
    ]
    assert found == []
