"""Another host name for what runs already: the new one answers, and nothing leads to where the old one was.

In order: `down` takes down what the change left.
"""

from __future__ import annotations

import pytest
from evidence import Evidence
from sandboxed import BIN, BUCKET, HOSTNAME, Sandbox

TOPIC = "another host name"
NEW = "clock.sandbox.test"


def renamed(sandbox: Sandbox, *arguments: str, code: int = 0) -> str:
    """With the new name in the settings."""
    argv = ("env", f"API_HOSTNAME={NEW}", str(BIN / "epochctl"), *arguments)
    return sandbox.run(*argv, code=code, seconds=600)


def led(sandbox: Sandbox, name: str) -> bool:
    """Whether that very name leads anywhere."""
    return f"route53/record {name}. A" in sandbox.inventory()


@pytest.mark.usefixtures("before")
def test_another_host_name_is_an_edit_and_up(service: Sandbox, evidence: Evidence) -> None:
    assert led(service, HOSTNAME)
    with evidence(TOPIC, "`hostname` of a running service is changed; up --plan, then up") as row:
        told = renamed(service, "up", "--plan")
        assert f"request a certificate for {NEW}" in told
        told = renamed(service, "up", "--yes")
        assert f"removed DNS record A {HOSTNAME}" in told
        assert f"https://{NEW}/ answers." in told
        assert service.run("curl", "-sS", "--fail", f"https://{NEW}/").strip().splitlines()[-1].isdigit()
        assert not led(service, HOSTNAME)
        row.happened = (
            "the new name answers; the old one's record, which led nowhere then, is removed and told"
        )
    assert "nothing to do" in renamed(service, "up", "--plan").lower()


def test_a_release_of_the_old_name_is_not_gone_back_to(service: Sandbox, evidence: Evidence) -> None:
    with evidence(TOPIC, "rollback to the release before") as row:
        told = renamed(service, "rollback", "--yes", code=16)
        assert f"answered for {HOSTNAME}, and the host name is {NEW} now" in told
        row.happened = (
            "exit code 16: nobody would answer for the new name; how to get its image, or the old name"
        )


def test_down_leaves_nothing_of_either_name(service: Sandbox, evidence: Evidence, before: list[str]) -> None:
    with evidence(TOPIC, "down, after the change") as row:
        assert "Nothing of ours is left." in renamed(service, "down", "--yes")
        left = [line for line in service.inventory() if not line.startswith(BUCKET)]
        assert left == before
        row.happened = "both certificates, their validation records and the record are gone; nothing left"
