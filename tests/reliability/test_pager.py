"""What a person who carries the pager does, in one world: look, compare, deploy, go back, find the cause.

The tests run in order. Every epochctl has a home with a kubeconfig of somebody else's in it (pain 13).
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sandboxed
from evidence import Evidence
from sandboxed import BIN, URL, Sandbox

THEIRS = b"""# my own words
apiVersion: v1
kind: Config
clusters: [{name: theirs, cluster: {server: https://theirs.example.com}}]
contexts: [{name: theirs, context: {cluster: theirs, user: theirs}}]
users: [{name: theirs, user: {token: abc}}]
current-context: theirs
"""
SETTINGS = '[service]\nreplicas = {replicas}\nenv = {{ GREETING = "{word}", API_TOKEN = "{secret}" }}\n'
SIGNAL = """
import os, signal, sys
for entry in os.listdir('/proc'):
    try:
        if entry.isdigit() and os.readlink(f'/proc/{entry}/exe').endswith('kube-apiserver'):
            os.kill(int(entry), getattr(signal, sys.argv[1]))
            print('sent')
    except OSError:
        pass
"""
ZONE = """
import boto3
client = boto3.client('route53')
zone = client.list_hosted_zones()['HostedZones'][0]['Id']
for record in client.list_resource_record_sets(HostedZoneId=zone)['ResourceRecordSets']:
    if record['Name'] == 'epoch.sandbox.test.' and record['Type'] == 'A':
        change = {'Action': 'DELETE', 'ResourceRecordSet': record}
        client.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={'Changes': [change]})
        print('gone')
"""
LOAD, RATE = Path(sandboxed.__file__).with_name("load.py"), 4  # requests a second


class Person:
    """Somebody at a shell in the world, with a home of their own."""

    def __init__(self, sandbox: Sandbox, home: Path) -> None:
        self.sandbox, self.home = sandbox, home
        self.config = home / ".kube" / "config"
        self.config.parent.mkdir(parents=True)
        self.config.write_bytes(THEIRS)
        self.commands: list[str] = []

    def types(self, *arguments: str, code: int | None = 0, seconds: float = 500) -> str:
        """epochctl with these arguments; their kubeconfig must not have changed by a byte."""
        self.commands.append(arguments[0])
        said = self.sandbox.run(
            "env", f"HOME={self.home}", str(BIN / "epochctl"), *arguments, code=code, seconds=seconds
        )
        assert self.config.read_bytes() == THEIRS, arguments
        return said

    def settles_on(self, word: str, *, replicas: int = 2, secret: str = "hush-hush") -> None:
        text = SETTINGS.format(word=word, replicas=replicas, secret=secret)
        (self.sandbox.directory / "epochctl.toml").write_text(text)

    def diagnoses(self) -> dict[str, dict[str, str]]:
        """The findings that keep the service from answering, by layer, in order."""
        told = json.loads(self.types("diagnose", "-o", "json").strip().splitlines()[-1])
        assert (told["first"] or {}).get("layer", "") == next(
            (one["layer"] for one in told["findings"] if one["state"] in ("absent", "wrong")), ""
        )
        return {one["layer"]: one for one in told["findings"] if one["state"] in ("absent", "wrong")}

    @contextmanager
    def asking(self) -> Iterator[Callable[[], dict[str, Any]]]:
        """Ask for the URL all the time; what it gives ends that and tells what was seen."""
        stop = self.sandbox.directory / "stop"
        stop.unlink(missing_ok=True)
        asking = self.sandbox.popen("exec", "--", sys.executable, str(LOAD), URL, str(RATE), str(stop))

        def seen() -> dict[str, Any]:
            stop.touch()
            output, _ = asking.communicate(timeout=60)
            return dict(json.loads(output.splitlines()[-1]))

        try:
            yield seen
        finally:
            asking.kill()


@pytest.fixture(scope="module")
def person(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Person:
    return Person(sandbox, tmp_path_factory.mktemp("home"))


def test_nothing_up_is_a_diagnosis(person: Person, evidence: Evidence) -> None:
    person.settles_on("one")
    with evidence("diagnose", "nothing is up") as row:
        found = person.diagnoses()
        assert list(found) == ["certificate", "infrastructure", "cluster", "ingress"]
        assert all(one["next"] for one in found.values())
        row.happened = "certificate, infrastructure and cluster are named as absent; next: epochctl up"


def test_diff_is_empty_and_then_shows_exactly_the_change(person: Person, evidence: Evidence) -> None:
    assert "answers." in person.types("up", "--yes")
    with evidence("diff", "nothing; then a setting and a secret are changed in epochctl.toml") as row:
        assert "Nothing would change." in person.types("diff", "--exit-code")
        person.settles_on("two", secret="another-one")
        shown = person.types("diff", "--exit-code", code=2)
        assert "change Deployment/epoch" in shown
        assert re.search(r"-\s+value: one\n.*\+\s+value: two", shown)
        assert "***" in shown
        assert "another-one" not in shown
        assert "hush-hush" not in shown
        row.happened = (
            "“Nothing would change.”, then the two lines that change, the secret masked; exit code 2"
        )


def test_deploy_history_and_rollback_while_the_url_answers(person: Person, evidence: Evidence) -> None:
    with evidence("rollback", "a deploy is regretted") as row, person.asking() as seen:
        person.types("deploy")
        start = time.monotonic()
        said = person.types("rollback", "--yes")
        row.seconds = time.monotonic() - start
        answers = seen()
        assert answers["failed"] == {}, answers
        row.happened = f"shown, done and served; {answers['sent']} requests meanwhile, all answered 200"
    assert re.search(r"-\s+value: two\n.*\+\s+value: one", said)
    assert "is served by revision 3, which is 1 again" in said
    plan = person.types("up", "--plan")
    assert "change Deployment/epoch" in plan

    with evidence("history", "three releases, and who made them") as row:
        listed = person.types("history")
        revisions = [line.split()[0] for line in listed.splitlines() if re.match(r"\s+\d+  20", line)]
        assert revisions == ["3", "2", "1"]
        assert "taken back" in listed
        assert re.search(r"deploy\s+ok", listed)
        assert re.search(r"rollback\s+ok", listed)
        row.happened = "releases 3, 2 (taken back) and 1 with image and who; the runs with how they ended"

    with evidence("rollback", "a revision that there is not") as row:
        refused = person.types("rollback", "99", "--yes", code=16)
        assert "there are:" in refused
        row.happened = "one error that lists the revisions there are; exit code 16"


def test_a_command_in_a_pod(person: Person, evidence: Evidence) -> None:
    with evidence("exec", "a command that fails, and a shell that the image does not have") as row:
        said = person.types("exec", "--", "python3", "-c", "import os; print(os.environ['GREETING'])")
        assert said.strip().splitlines()[-1] == "one"
        person.types("exec", "--", "python3", "-c", "raise SystemExit(7)", code=7)
        assert "python3 is there" in person.types("exec", "--", "sh", code=16)
        row.happened = "its output and exit code 7 passed on; without a shell: said so, with what is there"


def test_a_dead_cluster_is_named_in_time(person: Person, evidence: Evidence) -> None:
    with evidence("diagnose", "the API server hangs") as row:
        assert "sent" in person.sandbox.run("python3", "-c", SIGNAL, "SIGSTOP")
        start = time.monotonic()
        try:
            said = person.types("diagnose", seconds=200)
            row.seconds = time.monotonic() - start
        finally:
            person.sandbox.run("python3", "-c", SIGNAL, "SIGCONT")
        assert row.seconds < 100  # a minute is promised; this machine may be busy
        assert re.search(r"^cluster +(WRONG|\?) ", said, re.M)
        assert re.search(r"^controller +\? +not asked: cluster first", said, re.M)
        assert re.search(r"^DNS record +ok", said, re.M), (
            "what does not need the cluster is asked all the same"
        )
        row.happened = (
            "the cluster is named; what does not need it (load balancer, DNS) is judged all the same"
        )


def test_three_things_broken_are_three_causes_in_order(person: Person, evidence: Evidence) -> None:
    sandbox = person.sandbox
    with evidence("diagnose", "Deployment deleted, controller scaled to 0, DNS record removed") as row:
        sandbox.kubectl("delete", "deployment", "epoch", "--wait=true")
        sandbox.kubectl(
            "-n", "kube-system", "scale", "deployment", "aws-load-balancer-controller", "--replicas=0"
        )
        assert "gone" in sandbox.run("python3", "-c", ZONE)
        time.sleep(3)
        start = time.monotonic()
        found = person.diagnoses()
        row.seconds = time.monotonic() - start
        assert list(found)[:3] == ["controller", "release", "DNS record"]
        assert "scaled to 0" in found["controller"]["cause"]
        assert found["release"]["cause"] == "missing: Deployment/epoch"
        assert "point epoch.sandbox.test at" in found["DNS record"]["cause"]
        row.happened = "each is named with its next command; the first cause is the controller"
    with evidence("diagnose", "its advice is followed: lb-controller install, deploy, up") as row:
        person.types(*found["controller"]["next"].split()[1:])
        assert list(person.diagnoses())[:2] == ["release", "DNS record"]
        person.types(*found["release"]["next"].split()[1:])
        assert "answers." in person.types(*found["DNS record"]["next"].split()[1:], "--yes")
        assert "Nothing is wrong." in person.types("diagnose")
        row.happened = "each command mends what it was named for; then: “Nothing is wrong.”"


def test_nobodys_kubeconfig_changes_but_by_merge(person: Person, evidence: Evidence) -> None:
    with evidence(13, "a kubeconfig of one's own, and every command") as row:
        for line in (
            "status",
            "verify",
            "logs",
            "token",
            "kubeconfig",
            "infra output",
            "lb-controller status",
        ):
            person.types(*line.split())
        config = person.types("kubeconfig").strip().splitlines()[-1]
        assert "namespaces" in person.sandbox.run("kubectl", f"--kubeconfig={config}", "api-resources")
        used = sorted(set(person.commands))
        merging = ("env", f"HOME={person.home}", str(BIN / "epochctl"), "kubeconfig", "--merge")
        assert "has it now" in person.sandbox.run(*merging)
        (backup,) = person.config.parent.glob("config.before-epochctl-*")
        assert backup.read_bytes() == THEIRS
        merged = person.config.read_text()
        assert "current-context: theirs" in merged
        context = re.findall(r"epoch-production\S+", merged)[0]
        nodes = ("get", "nodes", "--no-headers", f"--kubeconfig={person.config}", f"--context={context}")
        assert person.sandbox.run("kubectl", *nodes).count(" Ready ") == 2
        assert "has it already" in person.sandbox.run(*merging)
        row.happened = f"not a byte changed by {', '.join(used)}; --merge keeps the old file and works"
