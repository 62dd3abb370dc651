"""A certificate that cannot be issued as things stand: said within half a minute, and never a second one.

No cluster is needed: a world that has just begun is enough.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from evidence import Evidence, Row
from sandboxed import HOSTNAME, Sandbox

FAILED = 6  # CertificateError
PROMISE, LIMIT = 30, 120  # seconds until a failing check is told; and on a machine with much else to do
ELSEWHERE, OTHER = "ns-9.awsdns-99.com.", "somebody.else.example."
# Each argument is a record that is made so: NAME KIND VALUE ..., with a blank between.
CHANGE = """
import sys, boto3
route53 = boto3.client("route53")
zone = next(z["Id"] for z in route53.list_hosted_zones()["HostedZones"] if z["Name"] == "sandbox.test.")
for name, kind, *values in map(str.split, sys.argv[1:]):
    record = {"Name": name, "Type": kind, "TTL": 300, "ResourceRecords": [{"Value": v} for v in values]}
    change = {"Action": "UPSERT", "ResourceRecordSet": record}
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [change]})
print(*route53.get_hosted_zone(Id=zone)["DelegationSet"]["NameServers"])
"""
COUNT = (
    "import boto3; print(len(boto3.client('acm', 'us-west-2').list_certificates()['CertificateSummaryList']))"
)


@pytest.fixture(scope="module")
def right(sandbox: Sandbox) -> str:
    """The NS records that the zone should have; the project's settings are there, too."""
    (sandbox.directory / "epochctl.toml").write_text(f'hostname = "{HOSTNAME}"\n')
    return f"sandbox.test NS {dns(sandbox)}"


def dns(sandbox: Sandbox, *records: str) -> str:
    """Make the records so; the zone's own servers."""
    return sandbox.run("python", "-c", CHANGE, *records).splitlines()[-1]


def certificates(sandbox: Sandbox) -> int:
    return int(sandbox.run("python", "-c", COUNT).split()[-1])


@contextmanager
def quick(row: Row) -> Iterator[None]:
    """How long a failing check took to be told: the slowest one is the row's seconds."""
    start = time.monotonic()
    yield
    took = time.monotonic() - start
    assert took < LIMIT
    row.seconds = max(row.seconds, took)


def test_what_stands_in_the_way_is_named_and_once_it_is_gone_the_wait_goes_on(
    sandbox: Sandbox, evidence: Evidence, right: str
) -> None:
    with evidence(3, f"NS records that send the world elsewhere (told within {PROMISE} s)") as row:
        dns(sandbox, f"sandbox.test NS {ELSEWHERE}")
        asked = sandbox.epochctl("cert", "request", "-o", "json")
        proof = json.loads([line for line in asked.splitlines() if '"record"' in line][-1])["record"]
        with quick(row):
            said = sandbox.epochctl("cert", "wait", code=FAILED)
        assert f"the world is sent to {ELSEWHERE.rstrip('.')} for sandbox.test" in said
        assert f"NS records {sorted(right.split()[2:])[0].rstrip('.')}" in said
        row.happened = "exit code 6: where the world is sent, and which NS records its parent must have"
    with evidence(3, f"another CNAME in the validation record's place (told within {PROMISE} s)") as row:
        dns(sandbox, f"{proof['name']} CNAME {OTHER}")
        with quick(row):
            said = sandbox.epochctl("cert", "wait", code=FAILED)
        assert OTHER.rstrip(".") in said
        assert proof["value"].rstrip(".") in said
        assert "remove that CNAME record" in said
        dns(sandbox, f"{proof['name']} CNAME {proof['value']}", right)
        assert "is issued." in sandbox.epochctl("cert", "wait")
        assert certificates(sandbox) == 1
        row.happened = "exit code 6: what stands there, what ACM wants; put right, the same wait ends: issued"


def test_a_caa_record_is_told_before_a_request_and_a_certificate_that_failed_by_it_is_replaced(
    sandbox: Sandbox, evidence: Evidence, right: str
) -> None:
    sandbox.epochctl("down", "--yes")
    with evidence("caa", f"a CAA record that allows another authority only (told within {PROMISE} s)") as row:
        with sandbox.fault("caa"), quick(row):
            said = sandbox.epochctl("cert", "request", code=FAILED)
        assert "the CAA records of sandbox.test allow only letsencrypt.org" in said
        assert certificates(sandbox) == 0
        row.happened = "exit code 6 before anything was requested: whom the record allows, and what to add"
    with evidence(3, "a certificate that ACM gave up (CAA_ERROR)") as row:
        dns(sandbox, f"sandbox.test NS {ELSEWHERE}")  # it stays pending ...
        sandbox.epochctl("cert", "request")
        with sandbox.fault("caa"):
            dns(sandbox, right)  # ... until ACM looks, and finds the CAA record
            with quick(row):
                assert "CAA" in sandbox.epochctl("cert", "wait", code=FAILED)
        said = sandbox.epochctl("cert", "request")
        assert "it replaces one that is failed: a CAA record of the domain does not allow Amazon" in said
        assert "is issued." in sandbox.epochctl("cert", "wait")
        assert certificates(sandbox) == 1
        row.happened = (
            "exit code 6 with ACM's reason in words; the next request replaces it: one certificate, issued"
        )


def test_a_host_name_without_a_zone(sandbox: Sandbox, evidence: Evidence, right: str) -> None:
    asked = ("env", "API_HOSTNAME=epoch.example.com", "epochctl", "cert")
    with evidence(3, f"a host name that no zone of the account holds (told within {PROMISE} s)") as row:
        said = sandbox.run(*asked, "request")
        assert "no hosted zone in this account holds epoch.example.com: add the record CNAME _" in said
        assert "Next: epochctl cert wait" in said
        with quick(row):
            said = sandbox.run(*asked, "wait", code=FAILED)
        assert "at your DNS provider: CNAME _" in said
        assert "the certificate stays requested" in said
        row.happened = "exit code 6 with the CNAME to add by hand, and the command that goes on"
