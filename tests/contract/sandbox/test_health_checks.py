"""Route 53's health checks probe what is really there, and records answer by what they find."""

from __future__ import annotations

import json
import time

import pytest

from .conftest import RunningInstance
from .routed import EAST, WEST, Routed, make

CHECK = """
made = {{}}
for region, host in {hosts!r}.items():
    config = dict(Type="HTTPS", FullyQualifiedDomainName=host, Port=443, ResourcePath="/healthz",
        RequestInterval=10, FailureThreshold=1, EnableSNI=True)
    check = c("route53").create_health_check(CallerReference=region, HealthCheckConfig=config)
    made[region] = check["HealthCheck"]["Id"]
print(json.dumps(made))
"""
ANSWER = """
elb = c("elbv2", {region!r})
listener = elb.describe_listeners(LoadBalancerArn={arn!r})["Listeners"][0]["ListenerArn"]
answer = {{"StatusCode": {code!r}, "ContentType": "text/plain", "MessageBody": {region!r}}}
elb.modify_listener(ListenerArn=listener,
    DefaultActions=[{{"Type": "fixed-response", "FixedResponseConfig": answer}}])
"""
SECONDS = 40.0  # an interval of 10 s and a threshold of 1: 10 s, on a quiet machine


@pytest.fixture(scope="module")
def routed(instance: RunningInstance) -> Routed:
    return make(instance)


@pytest.fixture(scope="module")
def checks(routed: Routed) -> dict[str, str]:
    """A health check a region, by its id, and failover records that go by them."""
    hosts = {region: made["host"] for region, made in routed.regions.items()}
    made: dict[str, str] = json.loads(routed.aws(CHECK.format(hosts=hosts)))
    routed.publish(
        routed.alias(WEST, Failover="PRIMARY", HealthCheckId=made[WEST]),
        routed.alias(EAST, Failover="SECONDARY", HealthCheckId=made[EAST]),
    )
    return made


def answer(routed: Routed, region: str, code: str) -> None:
    routed.aws(ANSWER.format(region=region, code=code, arn=routed.regions[region]["arn"]))


def update(routed: Routed, check: str, **settings: bool) -> None:
    routed.aws(f"c('route53').update_health_check(HealthCheckId={check!r}, **{settings!r})")


def told(routed: Routed, check: str) -> dict[str, str]:
    """What each checker says, by its region."""
    script = (
        f"found = c('route53').get_health_check_status(HealthCheckId={check!r})['HealthCheckObservations']\n"
        "print(json.dumps({each['Region']: each['StatusReport']['Status'] for each in found}))\n"
    )
    found: dict[str, str] = json.loads(routed.aws(script))
    return found


def await_answer(routed: Routed, region: str) -> None:
    deadline = time.monotonic() + SECONDS
    while routed.ask() != [(60, region)]:
        assert time.monotonic() < deadline, f"{region} does not answer"
        time.sleep(0.5)


def test_checkers_in_several_places_see_a_service_that_is_well(
    routed: Routed, checks: dict[str, str]
) -> None:
    deadline = time.monotonic() + SECONDS
    while len(seen := told(routed, checks[WEST])) < 3:
        assert time.monotonic() < deadline
        time.sleep(0.5)
    assert set(seen.values()) == {"Success: HTTP Status Code 200, OK"}
    assert routed.ask() == [(60, WEST)]


def test_a_service_that_fails_loses_its_answers_and_gets_them_back(
    routed: Routed, checks: dict[str, str]
) -> None:
    answer(routed, WEST, "503")
    await_answer(routed, EAST)
    for words in told(routed, checks[WEST]).values():
        assert words.startswith("Failure: Resolved IP: 203.0.113.")
        assert words.endswith("HTTP Status Code 503, Service Unavailable")
    answer(routed, WEST, "200")
    await_answer(routed, WEST)


def test_a_drained_region_gets_no_answers_at_once_and_is_not_probed(
    routed: Routed, checks: dict[str, str]
) -> None:
    update(routed, checks[WEST], Disabled=True, Inverted=True)
    assert routed.ask() == [(60, EAST)]
    time.sleep(1.0)
    assert told(routed, checks[WEST]) == {}
    update(routed, checks[EAST], Disabled=True, Inverted=True)
    assert routed.ask() == [(60, WEST)]  # nobody is healthy: as if all were
    for check in checks.values():
        update(routed, check, Disabled=False, Inverted=False)
    assert routed.ask() == [(60, WEST)]


def test_checks_stand_in_the_inventory(routed: Routed, checks: dict[str, str]) -> None:
    lines = routed.instance.call("inventory").stdout.splitlines()
    assert {f"route53/health-check {check}" for check in checks.values()} <= set(lines)
