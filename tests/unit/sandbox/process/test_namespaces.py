"""What a person is told where namespaces cannot be made: the cause, the setting, and the way out."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from sandbox.errors import SandboxError
from sandbox.process import namespaces

Machine = Callable[..., list[list[str]]]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine as described; returns the command lines that were run on it."""

    def describe(
        *,
        root: bool = True,
        missing: tuple[str, ...] = (),
        refusal: str = "",
        files: dict[str, list[str]] | None = None,
    ) -> list[list[str]]:
        ran: list[list[str]] = []

        def run(argv: list[str], **_: object) -> subprocess.CompletedProcess[str]:
            ran.append(argv)
            return subprocess.CompletedProcess(argv, 1 if refusal else 0, "", refusal)

        monkeypatch.setattr(namespaces.os, "geteuid", lambda: 0 if root else 1234)
        monkeypatch.setattr(
            namespaces.shutil, "which", lambda name, path=None: None if name in missing else f"/bin/{name}"
        )
        monkeypatch.setattr(namespaces.subprocess, "run", run)
        monkeypatch.setattr(namespaces, "_lines", lambda path: (files or {}).get(path, []))
        monkeypatch.setattr(namespaces, "_user_name", lambda: "ada")
        return ran

    return describe


def test_root_needs_no_user_namespace(machine: Machine) -> None:
    ran = machine()
    namespaces.check_support()
    assert len(ran) == 1
    assert "--user" not in ran[0]


def test_an_ordinary_user_with_a_range_of_ids_may(machine: Machine) -> None:
    ran = machine(root=False, files={"/etc/subuid": ["ada:100000:65536"]})
    namespaces.check_support()
    assert {"--user", "--map-auto", "--map-root-user"} <= set(ran[0])


def test_a_range_may_be_given_to_the_number_of_the_user(machine: Machine) -> None:
    machine(root=False, files={"/etc/subuid": ["1234:100000:65536"]})
    namespaces.check_support()


def test_missing_programs_are_named(machine: Machine) -> None:
    machine(missing=("nsenter",))
    with pytest.raises(SandboxError, match="nsenter is not installed") as raised:
        namespaces.check_support()
    assert "util-linux" in raised.value.fix


def test_without_newuidmap_its_packages_are_named(machine: Machine) -> None:
    machine(root=False, missing=("newuidmap",))
    with pytest.raises(SandboxError, match="newuidmap") as raised:
        namespaces.check_support()
    assert "uidmap" in raised.value.fix
    assert "shadow-utils" in raised.value.fix


def test_without_a_range_the_command_that_makes_one_can_be_pasted(machine: Machine) -> None:
    machine(root=False, files={"/etc/subuid": ["bob:100000:65536"]})
    with pytest.raises(SandboxError, match="no range of user ids") as raised:
        namespaces.check_support()
    assert raised.value.fix.startswith("sudo usermod --add-subuids")
    assert raised.value.fix.endswith(" ada")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("kernel/unprivileged_userns_clone", "0"),
        ("user/max_user_namespaces", "0"),
        ("kernel/apparmor_restrict_unprivileged_userns", "1"),
    ],
)
def test_a_refusal_names_the_setting_that_forbids(machine: Machine, setting: str, value: str) -> None:
    files = {"/etc/subuid": ["ada:1:65536"], f"/proc/sys/{setting}": [value]}
    machine(root=False, refusal="unshare: Operation not permitted\n", files=files)
    with pytest.raises(SandboxError, match="refuses new namespaces") as raised:
        namespaces.check_support()
    assert "Operation not permitted" in raised.value.why
    assert f"{setting.replace('/', '.')} is {value}" in raised.value.why
    assert "sudo" in raised.value.fix


def test_a_refusal_without_such_a_setting_names_none(machine: Machine) -> None:
    machine(refusal="unshare: Operation not permitted\n")
    with pytest.raises(SandboxError) as raised:
        namespaces.check_support()
    assert raised.value.why == "unshare: Operation not permitted"
