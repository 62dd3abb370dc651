"""What `down` tells of records that only the user can take out."""

from __future__ import annotations

from typing import cast

from doubles import FakeClients

from epochctl.aws.acm import CertificateState
from epochctl.aws.route53 import Zone
from epochctl.operations.dependencies import Clients
from epochctl.operations.teardown import manual_records
from epochctl.outputs import Certificate, DnsRecord
from epochctl.workflow.outputs import Outputs

ARN = "arn:aws:acm:us-west-2:123456789012:certificate/1"
HOST, BALANCER = "shop.example.net", "k8s-1.us-west-2.elb.amazonaws.com"


def records(*, managed: bool, zone: Zone | None, own: str = "") -> tuple[str, ...]:
    state = CertificateState(ARN, "ISSUED", HOST, record_name=f"_a.{HOST}.", record_value="_b.acm.aws.")
    outputs = Outputs(DnsRecord(HOST, BALANCER, managed), Certificate(ARN, HOST))
    return manual_records(cast(Clients, FakeClients(certificate=state, zone=zone)), outputs, own)


def test_both_records_where_the_zone_is_another_provider_s() -> None:
    assert records(managed=False, zone=None) == (
        f"record {HOST} CNAME {BALANCER}: yours, at your DNS provider",
        f"record _a.{HOST} CNAME _b.acm.aws: yours, at your DNS provider",
    )


def test_none_where_they_are_ours() -> None:
    assert records(managed=True, zone=Zone("Z1", "example.net")) == ()


def test_a_certificate_of_the_user_s_keeps_its_record() -> None:
    (line,) = records(managed=False, zone=None, own=ARN)
    assert BALANCER in line
