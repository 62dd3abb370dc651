"""ACM as on AWS, through its API: when a certificate is issued, who signed it, when it must stay."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from cryptography import x509

from sandbox.certificate_authority import CertificateAuthority
from sandbox.moto_patches import acm_certificates
from sandbox.moto_patches.backends import backend

DOMAIN = "api.example.test"


@pytest.fixture
def acm(account: None, authority: CertificateAuthority) -> Any:
    acm_certificates.install(authority)
    return boto3.client("acm", "us-west-2")


@pytest.fixture
def zone(account: None) -> str:
    route53 = boto3.client("route53")
    return route53.create_hosted_zone(Name="example.test", CallerReference="1")["HostedZone"]["Id"]


def request(acm: Any, *names: str) -> str:
    asked = {"DomainName": names[0], "ValidationMethod": "DNS"}
    if names[1:]:
        asked["SubjectAlternativeNames"] = list(names)  # type: ignore[assignment]
    return str(acm.request_certificate(**asked)["CertificateArn"])


def described(acm: Any, arn: str) -> dict[str, Any]:
    certificate: dict[str, Any] = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    return certificate


def validate(zone: str, record: dict[str, str], value: str = "") -> None:
    change = {
        "Action": "UPSERT",
        "ResourceRecordSet": {
            "Name": record["Name"],
            "Type": record["Type"],
            "TTL": 60,
            "ResourceRecords": [{"Value": value or record["Value"]}],
        },
    }
    batch: Any = {"Changes": [change]}
    boto3.client("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)


def validation(acm: Any, arn: str, index: int = 0) -> dict[str, str]:
    record: dict[str, str] = described(acm, arn)["DomainValidationOptions"][index]["ResourceRecord"]
    return record


def listen_with(arn: str) -> str:
    """A balancer whose listener holds the certificate; the listener's ARN."""
    ec2, elb = boto3.client("ec2", "us-west-2"), boto3.client("elbv2", "us-west-2")
    subnets = [s["SubnetId"] for s in ec2.describe_subnets()["Subnets"]][:2]
    balancer = elb.create_load_balancer(Name="b", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    listener = elb.create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": arn}],
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
    )
    return str(listener["Listeners"][0]["ListenerArn"])


def test_without_its_record_a_certificate_stays_pending(acm: Any, zone: str) -> None:
    arn = request(acm, DOMAIN)
    for _ in range(3):
        certificate = described(acm, arn)
        assert certificate["Status"] == "PENDING_VALIDATION"
        assert "NotAfter" not in certificate
        assert "IssuedAt" not in certificate


def test_with_its_record_in_the_zone_it_is_issued(acm: Any, zone: str) -> None:
    arn = request(acm, DOMAIN)
    validate(zone, validation(acm, arn))
    assert described(acm, arn)["Status"] == "ISSUED"
    assert "NotAfter" in described(acm, arn)


def test_a_record_with_another_value_proves_nothing(acm: Any, zone: str) -> None:
    arn = request(acm, DOMAIN)
    validate(zone, validation(acm, arn), value="somebody.else.acm-validations.aws.")
    assert described(acm, arn)["Status"] == "PENDING_VALIDATION"


def test_where_the_world_is_sent_elsewhere_the_record_proves_nothing(acm: Any, zone: str) -> None:
    arn = request(acm, DOMAIN)
    other = {"Name": "example.test.", "Type": "NS", "Value": "ns-1.elsewhere.example."}
    validate(zone, other)
    validate(zone, validation(acm, arn))
    assert described(acm, arn)["Status"] == "PENDING_VALIDATION"


def test_each_name_needs_its_own_record(acm: Any, zone: str) -> None:
    arn = request(acm, DOMAIN, "www.example.test")
    validate(zone, validation(acm, arn, 0))
    assert described(acm, arn)["Status"] == "PENDING_VALIDATION"
    validate(zone, validation(acm, arn, 1))
    assert described(acm, arn)["Status"] == "ISSUED"


def test_a_domain_has_the_same_record_whenever_it_is_asked_for(acm: Any) -> None:
    assert validation(acm, request(acm, DOMAIN)) == validation(
        acm, request(acm, DOMAIN, "*.api.example.test")
    )
    assert acm_certificates.validation_record("*.a.test") == acm_certificates.validation_record("a.test")
    assert acm_certificates.validation_record("b.test") != acm_certificates.validation_record("a.test")


def test_the_certificate_is_signed_by_the_worlds_authority(
    acm: Any, zone: str, authority: CertificateAuthority
) -> None:
    arn = request(acm, DOMAIN, "*.api.example.test")
    certificate = x509.load_pem_x509_certificate(backend("acm", "us-west-2")._certificates[arn].cert)
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.certificate_pem))
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [DOMAIN, "*.api.example.test"]


def test_a_deleted_certificate_can_be_requested_again_with_the_same_token(acm: Any) -> None:
    asked = {"DomainName": DOMAIN, "ValidationMethod": "DNS", "IdempotencyToken": "same"}
    first = acm.request_certificate(**asked)["CertificateArn"]
    assert acm.request_certificate(**asked)["CertificateArn"] == first
    acm.delete_certificate(CertificateArn=first)
    assert acm.request_certificate(**asked)["CertificateArn"] != first


def test_a_certificate_in_use_cannot_be_deleted(acm: Any, zone: str) -> None:
    arn = request(acm, DOMAIN)
    validate(zone, validation(acm, arn))
    listener = listen_with(arn)
    assert [a.split("/")[-2] for a in described(acm, arn)["InUseBy"]] == ["b"]
    with pytest.raises(ClientError, match="ResourceInUseException"):
        acm.delete_certificate(CertificateArn=arn)
    boto3.client("elbv2", "us-west-2").delete_listener(ListenerArn=listener)
    acm.delete_certificate(CertificateArn=arn)
    assert acm.list_certificates()["CertificateSummaryList"] == []
