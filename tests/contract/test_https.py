"""The https client against a real TLS server on the loopback, with certificates of an authority made here."""

from __future__ import annotations

import http.server
import ipaddress
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from epochctl.net.https import Failure, HttpsClient, Response, Served

HOSTNAME, ADDRESS = "epoch.example.com", "127.0.0.1"
Serve = Callable[..., HttpsClient]


class Handler(http.server.BaseHTTPRequestHandler):
    """Echoes what it was asked; / redirects where there is no TLS."""

    def do_GET(self) -> None:
        if not isinstance(self.connection, ssl.SSLSocket):
            self.send_response(301)
            self.send_header("Location", f"https://{self.headers['Host']}:443{self.path}")
            self.end_headers()
            return
        body = f"{self.headers['Host']} {self.path} {self.headers['Accept']}".encode()
        self.send_response(200 if self.path != "/ill" else 503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def authority(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """An authority that this process trusts by SSL_CERT_FILE."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test Authority")])
    certificate = (
        _builder(name, name, key.public_key(), timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    bundle = tmp_path / "ca.pem"
    bundle.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    return certificate, key


def _builder(subject: x509.Name, issuer: x509.Name, key: object, life: timedelta) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)  # type: ignore[arg-type]
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + life)
    )


@pytest.fixture
def serve(authority: tuple[x509.Certificate, ec.EllipticCurvePrivateKey], tmp_path: Path) -> Iterator[Serve]:
    """serve(names, life): a client of a server that shows such a certificate."""
    servers: list[http.server.ThreadingHTTPServer] = []

    def start(name: str = HOSTNAME, life: timedelta = timedelta(days=20)) -> HttpsClient:
        ca, ca_key = authority
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        names = x509.SubjectAlternativeName(
            [x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("192.0.2.1"))]
        )
        certificate = (
            _builder(subject, ca.subject, key.public_key(), life)
            .add_extension(names, critical=False)
            .sign(ca_key, hashes.SHA256())
        )
        pem = tmp_path / "server.pem"
        pem.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        secure, plain = (http.server.ThreadingHTTPServer((ADDRESS, 0), Handler) for _ in range(2))
        secure.socket = context.wrap_socket(secure.socket, server_side=True)
        for server in (secure, plain):
            servers.append(server)
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return HttpsClient(port=secure.server_port, plain_port=plain.server_port)

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_get_names_the_host_wherever_it_connects(serve: Serve) -> None:
    answer = serve().get(HOSTNAME, ADDRESS, "/health")
    assert isinstance(answer, Response)
    assert answer.status == 200
    assert answer.body.startswith(f"{HOSTNAME} /health text/plain")


def test_an_error_status_is_an_answer(serve: Serve) -> None:
    answer = serve().get(HOSTNAME, ADDRESS, "/ill")
    assert isinstance(answer, Response)
    assert answer.status == 503


def test_a_redirect_is_not_followed(serve: Serve) -> None:
    answer = serve().get_plain(HOSTNAME, ADDRESS)
    assert isinstance(answer, Response)
    assert (answer.status, answer.header("location")) == (301, f"https://{HOSTNAME}:443/")


def test_the_certificate_that_is_served(serve: Serve) -> None:
    served = serve().certificate(HOSTNAME, ADDRESS)
    assert isinstance(served, Served)
    assert served.names == (HOSTNAME,)
    assert served.issuer == "Test Authority"
    assert (served.not_after - datetime.now(UTC)).days == 19


@pytest.mark.parametrize(
    ("name", "life", "cause"),
    [("other.example.com", timedelta(days=20), "mismatch"), (HOSTNAME, timedelta(days=-1), "expired")],
)
def test_a_wrong_certificate_is_told_apart_from_a_dead_server(
    serve: Serve, name: str, life: timedelta, cause: str
) -> None:
    https = serve(name, life)
    failure = https.certificate(HOSTNAME, ADDRESS)
    assert isinstance(failure, Failure)
    assert failure.layer == "tls"
    assert cause in failure.cause
    assert isinstance(https.get(HOSTNAME, ADDRESS, verify=False), Response)


def test_an_unknown_authority_is_not_trusted(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    https = serve()
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    monkeypatch.setenv("SSL_CERT_FILE", str(empty))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    failure = https.certificate(HOSTNAME, ADDRESS)
    assert isinstance(failure, Failure)
    assert failure.layer == "tls"


def test_nobody_there_is_an_answer() -> None:
    failure = HttpsClient(port=1).get(HOSTNAME, ADDRESS)
    assert isinstance(failure, Failure)
    assert failure.layer == "connect"
