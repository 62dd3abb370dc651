"""Target health: thresholds, the matcher, what a target suffers from, and who gets requests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from sandbox.network.load_balancer import target_health as module
from sandbox.network.load_balancer.target_health import MonitoredTarget, TargetHealth, TargetHealthChecks

GROUP = {
    "healthy": 3,
    "unhealthy": 2,
    "matcher": "200-299",
    "path": "/ready",
    "port": "traffic-port",
    "timeout": 1,
    "interval": 5,
    "targets": [],
}
PROBLEM = ("Target.Timeout", "Request timed out")


def noted(outcomes: str, state: str = "initial") -> list[str]:
    """States after each outcome: + is a success, - a failure."""
    health = TargetHealth(state)
    states = []
    for outcome in outcomes:
        module._record(health, None if outcome == "+" else PROBLEM, GROUP)
        states.append(health.state)
    return states


def test_a_new_target_needs_one_success() -> None:
    assert noted("+") == ["healthy"]


def test_a_new_target_stays_initial_until_it_failed_often_enough() -> None:
    assert noted("--") == ["initial", "unhealthy"]


def test_one_failure_does_not_make_a_healthy_target_unhealthy() -> None:
    assert noted("-+--", "healthy") == ["healthy", "healthy", "healthy", "unhealthy"]


def test_an_unhealthy_target_needs_successes_in_a_row() -> None:
    assert noted("++-+++", "unhealthy") == [*["unhealthy"] * 5, "healthy"]


def test_an_unhealthy_target_says_what_it_suffers_from_and_a_healthy_one_nothing() -> None:
    health = TargetHealth("healthy")
    for _ in range(2):
        module._record(health, PROBLEM, GROUP)
    assert (health.reason, health.description) == PROBLEM
    for _ in range(3):
        module._record(health, None, GROUP)
    assert (health.reason, health.description) == ("", "")


@pytest.mark.parametrize(
    ("status", "matcher", "good"),
    [
        (200, "200", True),
        (204, "200", False),
        (204, "200-299", True),
        (300, "200-299", False),
        (404, "200,404", True),
        (302, "200-299,302", True),
    ],
)
def test_a_matcher_is_codes_and_ranges(status: int, matcher: str, good: bool) -> None:
    assert module._matches(status, matcher) is good


Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


async def checked(handler: Handler | None, **group: Any) -> tuple[str, str] | None:
    """One health check of a target on the loopback; without a handler nobody listens there."""
    runner = web.ServerRunner(web.Server(handler or _answer), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    address = "{}:{}".format(*runner.addresses[0])
    try:
        if handler is None:
            await runner.cleanup()
        async with aiohttp.ClientSession() as session:
            return await TargetHealthChecks(session)._check(address, {**GROUP, **group})
    finally:
        await runner.cleanup()


async def _answer(request: web.BaseRequest) -> web.StreamResponse:
    return web.Response(status=200 if request.path == "/ready" else 404)


async def _hang(request: web.BaseRequest) -> web.StreamResponse:
    await asyncio.sleep(5)
    return web.Response()


async def _move(request: web.BaseRequest) -> web.StreamResponse:
    return web.Response(status=302, headers={"Location": "/ready"})


def test_a_target_that_answers_is_well() -> None:
    assert asyncio.run(checked(_answer)) is None


def test_a_wrong_status_is_named() -> None:
    problem = asyncio.run(checked(_answer, path="/absent"))
    assert problem == ("Target.ResponseCodeMismatch", "Health checks failed with these codes: [404]")


def test_a_redirect_is_not_followed() -> None:
    problem = asyncio.run(checked(_move))
    assert problem is not None
    assert "[302]" in problem[1]


def test_silence_is_a_timeout() -> None:
    assert asyncio.run(checked(_hang, timeout=0.1)) == ("Target.Timeout", "Request timed out")


def test_a_closed_port_is_a_failed_check() -> None:
    assert asyncio.run(checked(None)) == ("Target.FailedHealthChecks", "Health checks failed")


def checks(**states: str) -> TargetHealthChecks:
    made = TargetHealthChecks(None)  # type: ignore[arg-type]
    made._groups = {"arn": {**GROUP, "targets": [{"id": name, "port": 80} for name in states]}}
    made._monitored = {
        ("arn", f"{name}:80"): MonitoredTarget(TargetHealth(state)) for name, state in states.items()
    }
    return made


def test_healthy_targets_get_the_requests() -> None:
    assert checks(a="healthy", b="unhealthy", c="initial").healthy("arn") == ["a:80"]


def test_where_none_is_healthy_all_get_requests() -> None:
    assert checks(a="unhealthy", b="initial").healthy("arn") == ["a:80", "b:80"]


def test_a_group_that_is_not_known_has_no_targets() -> None:
    assert checks(a="healthy").healthy("other") == []


def test_a_report_says_state_reason_and_description() -> None:
    assert checks(a="healthy").report()["arn"]["a:80"]["state"] == "healthy"


def test_targets_come_and_go_with_the_snapshot() -> None:
    async def run() -> list[set[str]]:
        async with aiohttp.ClientSession() as session:
            made = TargetHealthChecks(session)
            seen = []
            for targets in ([{"id": "127.0.0.1", "port": 1}], []):
                made.update({"arn": {**GROUP, "targets": targets}})
                seen.append(set(made.report()["arn"]))
            return seen

    assert asyncio.run(run()) == [{"127.0.0.1:1"}, set()]
