"""The ACM client against moto."""

from __future__ import annotations

import pytest

from epochctl.aws.acm import Acm
from epochctl.aws.session import Aws

REGION, HOSTNAME = "us-west-2", "epoch.example.com"
OURS = {"epochctl:name": "epoch", "epochctl:environment": "production"}
OTHERS = {"epochctl:name": "epoch", "epochctl:environment": "staging"}


def request(aws: Aws, hostname: str, tags: dict[str, str] | None = None) -> str:
    """A certificate that somebody else requested."""
    arguments = {"Tags": [{"Key": k, "Value": v} for k, v in tags.items()]} if tags else {}
    answer = aws.client("acm").request_certificate(DomainName=hostname, ValidationMethod="DNS", **arguments)
    return str(answer["CertificateArn"])


def test_a_request_names_the_record_that_proves_the_host_name(aws: Aws) -> None:
    state = Acm(aws).request(HOSTNAME, OURS)
    assert (state.hostname, state.status, state.is_owned) == (HOSTNAME, "PENDING_VALIDATION", True)
    assert state.record_type == "CNAME"
    assert state.record_name.endswith(f".{HOSTNAME}")
    assert not state.record_value.endswith(".")


def test_asking_twice_makes_one_certificate(aws: Aws) -> None:
    acm = Acm(aws)
    assert acm.request(HOSTNAME, OURS).arn == acm.request(HOSTNAME, OURS).arn


def test_nothing_is_found_for_another_name(aws: Aws) -> None:
    request(aws, "example.com")
    request(aws, f"www.{HOSTNAME}")
    assert Acm(aws).find(HOSTNAME, OURS) is None


def test_somebody_elses_certificate_will_do_but_ours_comes_first(aws: Aws) -> None:
    acm = Acm(aws)
    arn = request(aws, HOSTNAME)
    found = acm.find(HOSTNAME, OURS)
    assert found is not None
    assert (found.arn, found.is_owned) == (arn, False)
    ours = acm.request(HOSTNAME, OURS)
    found = acm.find(HOSTNAME, OURS)
    assert found is not None
    assert (found.arn, found.is_owned) == (ours.arn, True)


def test_another_environments_certificate_is_not_seen(aws: Aws) -> None:
    request(aws, HOSTNAME, OTHERS)
    acm = Acm(aws)
    assert acm.find(HOSTNAME, OURS) is None
    assert acm.owned(OURS) == ()


def test_deletion_ends_with_the_certificate_gone(aws: Aws) -> None:
    acm = Acm(aws)
    arn = acm.request(HOSTNAME, OURS).arn
    assert acm.delete(arn)
    assert acm.delete(arn)
    assert acm.describe(arn) is None


def test_a_certificate_in_use_is_not_an_error(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.exceptions import ClientError

    def refuse(**_: object) -> None:
        raise ClientError(
            {"Error": {"Code": "ResourceInUseException", "Message": "in use"}}, "DeleteCertificate"
        )

    arn = Acm(aws).request(HOSTNAME, OURS).arn
    monkeypatch.setattr(aws.client("acm"), "delete_certificate", refuse)
    assert not Acm(aws).delete(arn)
