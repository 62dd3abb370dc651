"""Health checkers: thresholds both ways, disabled and inverted checks, and probes over real sockets."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.certificate_authority import CertificateAuthority
from sandbox.moto_patches import route53_health_checks
from sandbox.network import health_checkers as module
from sandbox.network.health_checkers import Checker, HealthCheckers, MonitoredCheck
from sandbox.network.health_probe import ProbeTarget, probe

CONFIG: Any = {
    "Type": "HTTPS",
    "FullyQualifiedDomainName": "epoch.sandbox.test",
    "ResourcePath": "/healthz",
    "RequestInterval": 10,
    "FailureThreshold": 3,
    "EnableSNI": True,
}


def after(results: str, threshold: int = 3) -> bool | None:
    """What a checker thinks after these: + went well, - did not."""
    checker = Checker("us-west-2", 0.0)
    for each in results:
        checker.record(each == "+", "", threshold)
    return checker.healthy


@pytest.mark.parametrize(
    ("results", "healthy"),
    [
        ("", None),
        ("++", None),
        ("+++", True),
        ("---", False),
        ("+++--", True),
        ("---++", False),
        ("---+++", True),
        ("--+--", None),
    ],
)
def test_a_checker_changes_its_mind_after_so_many_in_a_row(results: str, healthy: bool | None) -> None:
    assert after(results) is healthy


def test_more_than_18_percent_of_the_checkers_make_an_endpoint_healthy() -> None:
    def healthy(*minds: bool | None) -> bool:
        return MonitoredCheck([Checker("x", 0.0, healthy=mind) for mind in minds]).healthy

    assert healthy(None, None, None)
    assert healthy(False, False, True)
    assert not healthy(False, False, False)


@pytest.mark.parametrize(
    ("disabled", "inverted", "is_passing"),
    [(False, False, True), (False, True, False), (True, False, True), (True, True, False)],
)
def test_disabled_is_healthy_and_inverted_turns_that_round(
    monkeypatch: pytest.MonkeyPatch, disabled: bool, inverted: bool, is_passing: bool
) -> None:
    check = SimpleNamespace(id="x", disabled=disabled, inverted=inverted)
    monkeypatch.setattr(module, "all_checks", lambda: [check])
    assert HealthCheckers(lambda _: ()).is_passing("x") is is_passing
    assert HealthCheckers(lambda _: ()).is_passing("absent") is True


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def served(answer: bytes, tls: ssl.SSLContext | None = None, **target: Any) -> tuple[bool, str, bytes]:
    """(well, words, what the server was asked) of a probe of a server that answers so."""
    asked = bytearray()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.extend(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        writer.close()

    async def run() -> tuple[bool, str]:
        server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)
        port = server.sockets[0].getsockname()[1]
        async with server:
            return await probe(target_at(port, **target))

    well, words = asyncio.run(run())
    return well, words, bytes(asked)


def target_at(port: int, **others: Any) -> ProbeTarget:
    usual: dict[str, Any] = {
        "id": "x",
        "kind": "HTTP",
        "address": "127.0.0.1",
        "port": port,
        "name": "epoch.sandbox.test",
        "path": "/healthz",
        "search": "",
        "sni": True,
    }
    return ProbeTarget(**{**usual, **others})


def test_https_is_probed_with_the_name_and_without_trust(
    authority: CertificateAuthority, tmp_path: Path
) -> None:
    tls = authority.server_context("another.test", tmp_path)
    names: list[str | None] = []
    tls.sni_callback = lambda _connection, name, _context: names.append(name)
    well, words, asked = served(b"HTTP/1.1 204 No Content\r\n\r\n", tls, kind="HTTPS")
    assert (well, words) == (True, "Success: HTTP Status Code 204, No Content")
    assert names == ["epoch.sandbox.test"]
    assert asked.startswith(b"GET /healthz HTTP/1.1\r\nHost: epoch.sandbox.test:")
    assert b"Amazon-Route53-Health-Check-Service (ref x;" in asked


def test_codes_and_strings_decide() -> None:
    assert served(b"HTTP/1.1 301 Moved\r\n\r\n")[0]
    well, words, _ = served(b"HTTP/1.1 503 x\r\n\r\n")
    assert (well, words) == (
        False,
        "Failure: Resolved IP: 127.0.0.1. HTTP Status Code 503, Service Unavailable",
    )
    for body, found in ((b"all is well", True), (b"it is not", False)):
        answer = b"HTTP/1.1 200 OK\r\n\r\n" + body
        assert served(answer, kind="HTTP_STR_MATCH", search="is well")[0] is found


def test_nobody_there_rubbish_and_silence_are_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asyncio.run(probe(target_at(1)))[1].endswith("Connection refused")
    assert not served(b"rubbish\r\n\r\n")[0]
    monkeypatch.setattr("sandbox.network.health_probe.ANSWER_SECONDS", 0.1)

    async def silent() -> tuple[bool, str]:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()

        async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
            return await probe(target_at(server.sockets[0].getsockname()[1]))

    well, words = asyncio.run(silent())
    assert (well, "timed out" in words) == (False, True)


@pytest.mark.usefixtures("account")
def test_a_caller_reference_makes_one_check_and_a_version_guards_it() -> None:
    route53_health_checks.install(lambda _: [])
    route53 = boto3.client("route53")
    made = [route53.create_health_check(CallerReference="a", HealthCheckConfig=CONFIG) for _ in range(2)]
    identifier = made[0]["HealthCheck"]["Id"]
    assert made[1]["HealthCheck"]["Id"] == identifier
    assert made[0]["HealthCheck"]["HealthCheckConfig"]["Port"] == 443
    with pytest.raises(ClientError, match="HealthCheckAlreadyExists"):
        route53.create_health_check(CallerReference="a", HealthCheckConfig=CONFIG | {"FailureThreshold": 1})
    updated = route53.update_health_check(HealthCheckId=identifier, HealthCheckVersion=1, Disabled=True)
    assert updated["HealthCheck"]["HealthCheckVersion"] == 2
    assert updated["HealthCheck"]["HealthCheckConfig"]["Disabled"] is True
    with pytest.raises(ClientError, match="HealthCheckVersionMismatch"):
        route53.update_health_check(HealthCheckId=identifier, HealthCheckVersion=1, Disabled=False)
    assert route53.get_health_check_status(HealthCheckId=identifier)["HealthCheckObservations"] == []
    route53.delete_health_check(HealthCheckId=identifier)
    with pytest.raises(ClientError, match="HealthCheckAlreadyExists"):
        route53.create_health_check(CallerReference="a", HealthCheckConfig=CONFIG)
