"""ACM: certificates of the sandbox's CA, issued once their validation record is in the zone."""

from __future__ import annotations

import hashlib
import time
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from moto.acm import models
from moto.core.exceptions import JsonRESTError

from sandbox.certificate_authority import CertificateAuthority
from sandbox.moto_patches import delays, route53_zones
from sandbox.moto_patches.backends import ACCOUNT, backends_by_region

AUTHORITIES = ("amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com")


def validation_record(domain: str) -> tuple[str, str]:
    """Name and value of the CNAME record that proves control of `domain`: always the same, as on AWS."""
    digest = hashlib.sha256(f"{ACCOUNT}/{domain.removeprefix('*.')}".encode()).hexdigest()
    return f"_{digest[:32]}.{domain.removeprefix('*.')}.", f"_{digest[32:]}.sandbox.acm-validations.aws."


def install(authority: CertificateAuthority) -> None:
    """Patch moto's certificates: signature, validation, description, deletion."""

    def generate_cert(
        cls: Any,
        domain_name: str,
        account_id: str,
        region: str,
        sans: list[str] | None = None,
        cert_authority_arn: Any = None,
    ) -> Any:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        names = [domain_name, *[san for san in sans or [] if san != domain_name]]
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        return cls(
            certificate=authority.sign(key.public_key(), *names),
            private_key=pem,
            cert_type="AMAZON_ISSUED",
            cert_status="PENDING_VALIDATION",
            account_id=account_id,
            region=region,
        )

    models.CertBundle.generate_cert = classmethod(generate_cert)
    models.CertBundle.check = _check
    _patch_description()
    _patch_deletion()


def _check(bundle: Any) -> None:
    """Pending certificates are issued when each name has its record in the zone, and CAA allows Amazon."""
    if bundle.type != "AMAZON_ISSUED" or bundle.status != "PENDING_VALIDATION":
        return
    names = [bundle.common_name, *bundle.sans]
    if not all(_validated(name) for name in names):
        return
    vars(bundle).setdefault("validated", time.monotonic())
    if not all(route53_zones.caa_allows(name.removeprefix("*."), AUTHORITIES) for name in names):
        bundle.status = "FAILED"
    elif time.monotonic() >= bundle.validated + delays.seconds("certificate"):
        bundle.status = "ISSUED"


def _validated(domain: str) -> bool:
    name, value = validation_record(domain)
    return route53_zones.is_delegated(name.rstrip(".")) and any(
        record.type == "CNAME" and value.rstrip(".") in {v.rstrip(".") for v in record.values}
        for record in route53_zones.records(name.rstrip("."))
    )


def _patch_description() -> None:
    describe = models.CertBundle.describe

    def described(bundle: Any) -> dict[str, Any]:
        result: dict[str, Any] = describe(bundle)
        certificate = result["Certificate"]
        certificate["InUseBy"] = in_use_by(bundle.arn)
        if bundle.status == "FAILED":
            certificate["FailureReason"] = "CAA_ERROR"
        if bundle.status in ("PENDING_VALIDATION", "FAILED"):
            for key in ("IssuedAt", "NotBefore", "NotAfter", "Serial"):
                certificate.pop(key, None)
        for option in certificate.get("DomainValidationOptions", ()):
            name, value = validation_record(option["DomainName"])
            option["ResourceRecord"] = {"Name": name, "Type": "CNAME", "Value": value}
        return result

    models.CertBundle.describe = described


def _patch_deletion() -> None:
    delete = models.AWSCertificateManagerBackend.delete_certificate

    def deleted(self: Any, arn: str) -> None:
        if in_use_by(arn):
            raise JsonRESTError(
                "ResourceInUseException", f"Certificate {arn} in account {ACCOUNT} is in use."
            )
        delete(self, arn)
        # moto would look the deleted certificate up when the same request is made again, and fail
        for token in [key for key, made in self._idempotency_tokens.items() if made["arn"] == arn]:
            del self._idempotency_tokens[token]

    models.AWSCertificateManagerBackend.delete_certificate = deleted


def in_use_by(arn: str) -> list[str]:
    """ARNs of the load balancers whose listeners hold the certificate."""
    return [
        balancer.arn
        for _, backend in backends_by_region("elbv2")
        for balancer in list(backend.load_balancers.values())
        if any(arn in listener_certificates(listener) for listener in list(balancer.listeners.values()))
    ]


def listener_certificates(listener: Any) -> list[str]:
    """Certificate ARNs of a listener; moto keeps them as strings or as dicts."""
    return [
        item["CertificateArn"] if isinstance(item, dict) else str(item)
        for item in [*listener.certificates, *([listener.certificate] if listener.certificate else [])]
    ]
