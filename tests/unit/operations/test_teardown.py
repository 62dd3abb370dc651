"""What `down` tells of records that only the user can take out."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from epochctl.aws.acm import CertificateState
from epochctl.aws.route53 import Zone
from epochctl.operations.teardown import _by_hand
from epochctl.outputs import Certificate, DnsRecord
from epochctl.workflow.outputs import Outputs

ARN = "arn:aws:acm:us-west-2:123456789012:certificate/1"
HOST, BALANCER = "shop.example.net", "k8s-1.us-west-2.elb.amazonaws.com"


def told(
    monkeypatch: pytest.MonkeyPatch, *, managed: bool, zone: Zone | None, given: str = ""
) -> tuple[str, ...]:
    state = CertificateState(ARN, "ISSUED", HOST, record_name=f"_a.{HOST}.", record_value="_b.acm.aws.")
    monkeypatch.setattr("epochctl.aws.acm.Acm.describe", lambda self, arn: state)
    monkeypatch.setattr("epochctl.aws.route53.Route53.zone_for", lambda self, name: zone)
    outputs = Outputs()
    outputs.put(DnsRecord(HOST, BALANCER, managed))
    outputs.put(Certificate(ARN, HOST))
    session: Any = SimpleNamespace(settings=SimpleNamespace(certificate_arn=given), aws=None)
    runner: Any = SimpleNamespace(outputs=outputs)
    return _by_hand(session, runner)


def test_both_records_where_the_zone_is_another_provider_s(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(monkeypatch, managed=False, zone=None) == (
        f"record {HOST} CNAME {BALANCER}: yours, at your DNS provider",
        f"record _a.{HOST} CNAME _b.acm.aws: yours, at your DNS provider",
    )


def test_none_where_they_are_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(monkeypatch, managed=True, zone=Zone("Z1", "example.net")) == ()


def test_a_certificate_of_the_user_s_keeps_its_record(monkeypatch: pytest.MonkeyPatch) -> None:
    (line,) = told(monkeypatch, managed=False, zone=None, given=ARN)
    assert BALANCER in line
