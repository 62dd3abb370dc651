"""Pain 14: `verify` names the first layer that is wrong, and asks no resolver for a name before it is there.

Pains 9, 13 and 15 as well, which need the same: a service that is up.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from evidence import Evidence
from inside import ASSUME, IMPOSTOR, LISTENER, PUSH, RECORDS
from sandboxed import HOSTNAME, URL, Sandbox, events

CREDENTIALS, CERTIFICATE, IMAGE, VERIFY, REMEMBERED = 5, 6, 10, 12, 13  # exit codes
ROLE = "arn:aws:iam::123456789012:role/people"


def python(service: Sandbox, script: str, *arguments: str, code: int | None = 0) -> str:
    return service.run(sys.executable, "-c", script, *arguments, code=code)


@contextmanager
def record(service: Sandbox, changed: dict[str, object] | None) -> Iterator[None]:
    """The host name's record is gone (None) or another one; right again at the end."""
    (right,) = json.loads(python(service, RECORDS, "READ", HOSTNAME).splitlines()[-1])
    action = ("DELETE", right) if changed is None else ("UPSERT", changed)
    python(service, RECORDS, action[0], json.dumps(action[1]))
    try:
        yield
    finally:
        python(service, RECORDS, "UPSERT", json.dumps(right))


def assert_right(service: Sandbox) -> None:
    assert f"https://{HOSTNAME}/ answers." in service.epochctl("verify")


def test_absence_is_said_by_the_zone_s_own_servers_and_a_resolver_that_remembers_it_is_another_verdict(
    service: Sandbox, evidence: Evidence
) -> None:
    with service.fault("negative-cache", "seconds=900"):
        with evidence(14, "the record is gone, and resolvers remember for 900 s what was absent") as row:
            with record(service, None):
                said = service.epochctl("verify", code=VERIFY)
            assert "verify stops at: authoritative DNS" in said
            assert f"{HOSTNAME} has no address yet (said by sandbox.test)" in said
            assert_right(service)  # so nobody asked a resolver meanwhile: it would remember the absence now
            row.happened = (
                "exit code 12: authoritative DNS, no address; with the record back verify is right at once, "
                "because no resolver had been asked"
            )
        with evidence(14, "a resolver that was asked too early, and remembers the absence") as row:
            with record(service, None):
                assert service.run("getent", "ahostsv4", HOSTNAME, code=None) == ""
            said = service.epochctl("verify", code=REMEMBERED)
            seconds = re.search(r"at most (\d+) s more; the zone's own servers answer", said)
            assert seconds, said
            assert f"wait {seconds[1]} s and run `epochctl verify`; do not run down and up" in said
            row.happened = f"exit code 13: healthy, the resolver may remember that for at most {seconds[1]} s"
    assert_right(service)


def test_a_colleague_s_empty_directory_is_enough(service: Sandbox, evidence: Evidence) -> None:
    with evidence(14, "verify and status in a directory where nothing was ever built") as row:
        (service.directory / "colleague").mkdir()
        assert f"https://{HOSTNAME}/ answers." in service.epochctl("verify", "-C", "colleague")
        told = events(service.epochctl("status", "-C", "colleague", "-o", "json"))[-1]
        assert str(told["release"]).startswith("revision 1 in ")
        assert told["url"] == URL
        assert told["due"] == ["build: build the image for linux/amd64"]
        row.happened = "the same answers: what stands is seen without what it was made of"


def test_a_record_that_leads_elsewhere(service: Sandbox, evidence: Evidence) -> None:
    elsewhere = {"Name": HOSTNAME, "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "203.0.113.99"}]}
    with evidence(14, "the record leads to another address") as row:
        with record(service, elsewhere):
            said = service.epochctl("verify", code=VERIFY)
        assert "verify stops at: authoritative DNS" in said
        assert f"{HOSTNAME} leads to 203.0.113.99, not to k8s-" in said
        assert "epochctl up puts the record right" in said
        row.happened = "exit code 12: authoritative DNS, where it leads and where it should"


def test_a_certificate_of_another_name(service: Sandbox, evidence: Evidence) -> None:
    with evidence(14, "the load balancer shows a certificate of another name") as row:
        right = python(service, LISTENER).split()[-1]
        said = service.epochctl("verify", code=VERIFY)
        python(service, LISTENER, right)
        assert "verify stops at: load balancer" in said
        assert f"not {right}" in said
        row.happened = "exit code 12: load balancer, which certificate it shows and which it should"


def test_the_body_of_another_service(service: Sandbox, evidence: Evidence) -> None:
    with evidence(14, "healthy pods of another service behind the same load balancer and name") as row:
        (found,) = json.loads(service.kubectl("get", "service", "-o", "json"))["items"]
        (deployment,) = json.loads(service.kubectl("get", "deployment", "-o", "json"))["items"]
        file = service.directory / "impostor.json"
        file.write_text(json.dumps(impostor(deployment)))
        service.kubectl("apply", "-f", str(file))
        service.kubectl("rollout", "status", "deployment/impostor", "--timeout=100s")
        name, right = found["metadata"]["name"], found["spec"]["selector"]
        select(service, name, {**dict.fromkeys(right), "app": "impostor"})
        try:
            assert_answers(service, "<html>")
            said = service.epochctl("verify", code=VERIFY)
        finally:
            select(service, name, {"app": None, **right})
            service.kubectl("delete", "-f", str(file), "--wait=false")
        assert "verify stops at: body" in said
        assert "the body is not an epoch: '<html>'" in said
        row.happened = "exit code 12: body, with what it said instead of an epoch"
    assert_right(service)


def assert_answers(service: Sandbox, body: str) -> None:
    """Soon: the controller moves the load balancer's targets."""
    end = time.monotonic() + 120
    while body not in (said := service.run("curl", "-sS", "--max-time", "5", URL, code=None)):
        assert time.monotonic() < end, said
        time.sleep(1)


def impostor(deployment: dict[str, object]) -> dict[str, object]:
    """The same pods with other labels and another program."""
    copy = json.loads(json.dumps(deployment))
    template = copy["spec"]["template"]["spec"]
    container = template["containers"][0]
    container["command"], container["args"] = [container_python(), "-c", IMPOSTOR], []
    container.pop("lifecycle", None)
    spec = {key: template[key] for key in template if key not in ("affinity", "topologySpreadConstraints")}
    labels = {"app": "impostor"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "impostor"},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }


def container_python() -> str:
    from epochctl.image.rootfs import PYTHON

    return PYTHON


def select(service: Sandbox, name: str, labels: dict[str, object]) -> None:
    """Change whom the Service selects; None takes a label away."""
    service.kubectl(
        "patch", "service", name, "--type=merge", "-p", json.dumps({"spec": {"selector": labels}})
    )


def test_what_stands_tells_its_age_and_its_cost(service: Sandbox, evidence: Evidence) -> None:
    with evidence(15, "`status` of a service that stands") as row:
        said = service.epochctl("status")
        age = re.search(r"^age +(\S.*)$", said, re.M)
        cost = re.search(r"^cost so far +(about \d+\.\d\d USD, .* an hour); prices of 20", said, re.M)
        assert age, said
        assert cost, said
        row.happened = f"age {age[1]}; cost so far {cost[1]}, and the date of the prices"


def test_each_choice_of_nat_has_its_price_beside_it(service: Sandbox, evidence: Evidence) -> None:
    file = service.directory / "epochctl.toml"
    with evidence(15, '`up --plan` with [cluster] nat = "none", "single" and "per-az"') as row:
        bills = {}
        for choice, gateways in {"none": 0, "single": 1, "per-az": 3}.items():
            file.write_text(f'[cluster]\nnat = "{choice}"\n')
            said = service.epochctl("up", "--plan")
            assert re.search(rf"^ +NAT .* {choice}, gateways: {gateways}$", said, re.M), said
            told = re.search(r"NAT could be +(none .*single .*per-az .* USD a month)", said)
            assert told, said
            assert told[1].count("(chosen)") == 1
            assert re.search(rf"{choice} [\d.]+ \(chosen\)", told[1])
            bills[choice] = re.findall(r"together .* ([\d.]+) a month", said)[0]
        file.write_text("")
        assert float(bills["single"]) < float(bills["per-az"])
        prices = told[1].replace(" (chosen)", "")
        together = ", ".join(f"{choice} {bill}" for choice, bill in bills.items())
        row.happened = f"each plan shows all three ({prices}) and which is chosen; together: {together}"


def test_an_image_for_another_processor_ends_before_the_deploy(service: Sandbox, evidence: Evidence) -> None:
    with evidence(9, "an image in the registry that is for another processor than the nodes'") as row:
        said = service.epochctl("deploy", "--image", python(service, PUSH).split()[-1], code=IMAGE)
        assert "cannot run on the nodes: it is for linux/arm64" in said
        assert "is not for linux/amd64, which the nodes are" in said
        row.happened = "exit code 10 before the deploy: what the image is for, and what the nodes are"
    assert_right(service)


def test_a_host_name_without_a_zone_in_up(service: Sandbox, evidence: Evidence) -> None:
    with evidence(3, "`up` with a host name that no zone of the account holds") as row:
        said = service.run(
            "env", "API_HOSTNAME=epoch.example.com", "epochctl", "up", "--yes", code=CERTIFICATE
        )
        assert "at your DNS provider: CNAME _" in said
        assert "then run the same command again; the certificate stays requested" in said
        row.happened = "exit code 6 with the CNAME to add by hand; the same command goes on"


def test_a_role_enters_by_the_settings_and_by_nothing_else(service: Sandbox, evidence: Evidence) -> None:
    file = service.directory / "epochctl.toml"

    def logs(code: int) -> str:
        return python(service, ASSUME, ROLE, "epochctl", "logs", code=code)

    with evidence(13, "a session of a role that has no access entry") as row:
        said = logs(CREDENTIALS)
        assert "does not know you" in said
        assert "you are arn:aws:sts::123456789012:assumed-role/people/ann, without an access entry" in said
        assert "user/engineer (AmazonEKSClusterAdminPolicy)" in said
        assert "[cluster] access" in said
        row.happened = "exit code 5: who it is, whom the cluster knows, and where it is entered"
    with evidence(13, "the role comes into [cluster] access and goes again") as row:
        file.write_text(f'[cluster]\naccess = ["{ROLE}"]\n')
        service.epochctl("infra", "up")
        assert logs(0)
        file.write_text("")
        service.epochctl("infra", "up")
        assert "without an access entry" in logs(CREDENTIALS)
        row.happened = (
            "a session of it may use the cluster while its role is in the settings, and then no more"
        )
