"""A certificate that cannot be issued as things stand: said within half a minute, and never a second one.

No cluster is needed: a world that has just begun is enough.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from evidence import Evidence
from sandboxed import HOSTNAME, Sandbox

FAILED = 6  # CertificateError
CHANGE = """
import json, sys, boto3
route53 = boto3.client("route53")
zone = next(z["Id"] for z in route53.list_hosted_zones()["HostedZones"] if z["Name"] == "sandbox.test.")
action, name, kind, *values = sys.argv[1:]
record = {"Name": name, "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": v} for v in values]}
if action == "READ":
    sets = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    found = [s for s in sets if s["Name"].rstrip(".") == name.rstrip(".") and s["Type"] == kind]
    print(json.dumps([v["Value"] for s in found for v in s["ResourceRecords"]]))
else:
    change = {"Action": action, "ResourceRecordSet": record}
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [change]})
"""
COUNT = (
    "import boto3; print(len(boto3.client('acm', 'us-west-2').list_certificates()['CertificateSummaryList']))"
)


FORGET = """
import boto3
acm, route53 = boto3.client("acm", "us-west-2"), boto3.client("route53")
for each in acm.list_certificates()["CertificateSummaryList"]:
    acm.delete_certificate(CertificateArn=each["CertificateArn"])
zone = next(z["Id"] for z in route53.list_hosted_zones()["HostedZones"] if z["Name"] == "sandbox.test.")
for record in route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]:
    if record["Name"].startswith("_"):
        change = {"Action": "DELETE", "ResourceRecordSet": record}
        route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [change]})
"""


@pytest.fixture(scope="module", autouse=True)
def settings(sandbox: Sandbox) -> None:
    (sandbox.directory / "epochctl.toml").write_text(f'hostname = "{HOSTNAME}"\n')


@pytest.fixture(autouse=True)
def afterwards(sandbox: Sandbox) -> Iterator[None]:
    """The next test begins without a certificate."""
    yield
    sandbox.run("python", "-c", FORGET)


def dns(sandbox: Sandbox, action: str, name: str, kind: str, *values: str) -> str:
    return sandbox.run("python", "-c", CHANGE, action, name, kind, *values)


def certificates(sandbox: Sandbox) -> int:
    return int(sandbox.run("python", "-c", COUNT).split()[-1])


def proof(sandbox: Sandbox) -> tuple[str, str]:
    """Name and value of the validation record, from the request's own words."""
    words = sandbox.epochctl("cert", "request", "-o", "json")
    record = json.loads([line for line in words.splitlines() if '"record"' in line][-1])["record"]
    return record["name"], record["value"]


@contextmanager
def quick() -> Iterator[list[float]]:
    """Every failing check is told within half a minute."""
    took: list[float] = []
    start = time.monotonic()
    yield took
    took.append(time.monotonic() - start)
    assert took[0] < 30


def test_a_zone_that_the_world_is_not_sent_to(sandbox: Sandbox, evidence: Evidence) -> None:
    right = json.loads(dns(sandbox, "READ", "sandbox.test", "NS"))
    with evidence(3, "the parent's NS records name another zone's servers") as row:
        dns(sandbox, "UPSERT", "sandbox.test", "NS", "ns-9.awsdns-99.com.")
        sandbox.epochctl("cert", "request")
        with quick():
            said = sandbox.epochctl("cert", "wait", code=FAILED)
        assert "the world is sent to ns-9.awsdns-99.com for sandbox.test" in said
        assert f"NS records {right[0].rstrip('.')}" in said
        dns(sandbox, "UPSERT", "sandbox.test", "NS", *right)
        assert "is issued." in sandbox.epochctl("cert", "wait")
        assert certificates(sandbox) == 1
        row.happened = (
            "exit 6: where the world is sent, and which NS records its parent must have; then issued"
        )


def test_another_record_in_the_proofs_place(sandbox: Sandbox, evidence: Evidence) -> None:
    name, value = proof(sandbox)
    sandbox.epochctl("down", "--yes")
    with evidence(3, "a CNAME of the validation record's name with another value") as row:
        dns(sandbox, "UPSERT", name, "CNAME", "somebody.else.example.")
        with quick():
            said = sandbox.epochctl("cert", "request", code=FAILED)
        assert "somebody.else.example" in said
        assert value in said
        with quick():
            said = sandbox.epochctl("cert", "wait", code=FAILED)
        assert "remove that CNAME record" in said
        dns(sandbox, "DELETE", name, "CNAME", "somebody.else.example.")
        sandbox.epochctl("cert", "request")
        assert "is issued." in sandbox.epochctl("cert", "wait")
        assert certificates(sandbox) == 1
        row.happened = (
            "exit 6: the record that stands there, the one that ACM wants; removed, the wait went on"
        )


def test_a_caa_record_that_forbids_it(sandbox: Sandbox, evidence: Evidence) -> None:
    with evidence("caa", "a CAA record that allows another authority only") as row:
        with sandbox.fault("caa"), quick():
            said = sandbox.epochctl("cert", "request", code=FAILED)
        assert "the CAA records of sandbox.test allow only letsencrypt.org" in said
        assert certificates(sandbox) == 0
        assert "arn:aws:acm" in sandbox.epochctl("cert", "request")
        row.happened = "exit 6 before anything was requested: which CAA record allows whom, and what to add"


def test_a_certificate_that_failed_is_replaced(sandbox: Sandbox, evidence: Evidence) -> None:
    right = json.loads(dns(sandbox, "READ", "sandbox.test", "NS"))
    with evidence(3, "a certificate that ACM gave up (CAA_ERROR)") as row:
        dns(sandbox, "UPSERT", "sandbox.test", "NS", "ns-9.awsdns-99.com.")  # it stays pending ...
        sandbox.epochctl("cert", "request")
        with sandbox.fault("caa"):
            dns(
                sandbox, "UPSERT", "sandbox.test", "NS", *right
            )  # ... until ACM looks, and finds the CAA record
            said = sandbox.epochctl("cert", "wait", code=None)
        assert "CAA" in said
        said = sandbox.epochctl("cert", "request")
        assert "it replaces one that is failed: a CAA record of the domain does not allow Amazon" in said
        assert certificates(sandbox) == 1
        assert "is issued." in sandbox.epochctl("cert", "wait")
        row.happened = (
            "exit 6 with ACM's reason in words; the next request replaces it: one certificate, issued"
        )


def test_a_host_name_without_a_zone(sandbox: Sandbox, evidence: Evidence) -> None:
    file = sandbox.directory / "epochctl.toml"
    file.write_text('hostname = "epoch.example.com"\n')
    sandbox.environment["API_HOSTNAME"] = "epoch.example.com"
    try:
        with evidence(3, "a host name that no zone of the account holds") as row:
            asked = ("env", "API_HOSTNAME=epoch.example.com", "epochctl", "cert")
            said = sandbox.run(*asked, "request")
            assert "no hosted zone in this account holds epoch.example.com: add the record CNAME _" in said
            assert "Next: epochctl cert wait" in said
            with quick():
                said = sandbox.run(*asked, "wait", code=FAILED)
            assert "at your DNS provider: CNAME _" in said
            assert "the certificate stays requested" in said
            assert certificates(sandbox) == 1
            row.happened = "exit 6 with the CNAME to add by hand and the command that goes on"
    finally:
        file.write_text(f'hostname = "{HOSTNAME}"\n')
        sandbox.environment.pop("API_HOSTNAME")
