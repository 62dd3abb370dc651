"""The certificate authority: what a TLS client looks at in a certificate, and what lies on disk."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sandbox.certificate_authority import CertificateAuthority, KeyPair


def parsed(pair: KeyPair) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pair.certificate)


def handshake(server: ssl.SSLContext, authority: CertificateAuthority, name: str) -> None:
    """A whole TLS handshake in memory; raises ssl.SSLError as a client would."""
    client = ssl.create_default_context(cadata=authority.certificate_pem.decode())
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(to_client, to_server, server_hostname=name)
    answering = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (asking, answering):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue


def test_names_and_addresses_stand_in_the_certificate(authority: CertificateAuthority) -> None:
    names = parsed(authority.issue("api.test", "*.api.test", "10.0.0.1")).extensions
    found = names.get_extension_for_class(x509.SubjectAlternativeName).value
    assert found.get_values_for_type(x509.DNSName) == ["api.test", "*.api.test"]
    assert [str(address) for address in found.get_values_for_type(x509.IPAddress)] == ["10.0.0.1"]


def test_a_server_certificate_is_for_servers_only(authority: CertificateAuthority) -> None:
    extensions = parsed(authority.issue("api.test")).extensions
    usages = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usages) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    assert extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign is False


def test_a_client_certificate_says_who_one_is(authority: CertificateAuthority) -> None:
    certificate = parsed(
        authority.issue(common_name="system:node:a", organization="system:nodes", client=True)
    )
    subject = certificate.subject
    assert subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "system:node:a"
    assert subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value == "system:nodes"
    usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usages) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_the_root_signs_certificates_and_says_so(authority: CertificateAuthority) -> None:
    root = x509.load_pem_x509_certificate(authority.certificate_pem)
    usage = root.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.key_cert_sign
    assert root.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    parsed(authority.issue("api.test")).verify_directly_issued_by(root)


def test_a_client_that_trusts_the_root_trusts_a_server(
    authority: CertificateAuthority, tmp_path: Path
) -> None:
    name = "123456789012.dkr.ecr.us-west-2.amazonaws.com"
    handshake(authority.server_context(name, tmp_path), authority, name)


def test_a_certificate_is_good_for_its_own_name_only(authority: CertificateAuthority, tmp_path: Path) -> None:
    context = authority.server_context("one.test", tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        handshake(context, authority, "two.test")


def test_another_authority_is_not_trusted(authority: CertificateAuthority, tmp_path: Path) -> None:
    context = CertificateAuthority.create().server_context("one.test", tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(context, authority, "one.test")


def test_a_server_context_is_made_once(authority: CertificateAuthority, tmp_path: Path) -> None:
    assert authority.server_context("a.test", tmp_path) is authority.server_context("a.test", tmp_path)


def test_the_authority_is_kept_between_worlds(tmp_path: Path) -> None:
    made = CertificateAuthority.load_or_create(tmp_path)
    assert CertificateAuthority.load_or_create(tmp_path).certificate_pem == made.certificate_pem


def test_a_key_without_its_certificate_is_half_a_pair_and_made_anew(tmp_path: Path) -> None:
    before = CertificateAuthority.load_or_create(tmp_path).certificate_pem
    (tmp_path / "ca.crt").unlink()
    assert CertificateAuthority.load_or_create(tmp_path).certificate_pem != before


def test_private_keys_are_for_their_owner_alone(authority: CertificateAuthority, tmp_path: Path) -> None:
    _, key = authority.issue("api.test").write(tmp_path, "api")
    CertificateAuthority.load_or_create(tmp_path)
    assert key.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "ca.key").stat().st_mode & 0o777 == 0o600
