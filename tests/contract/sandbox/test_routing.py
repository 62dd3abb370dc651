"""Route 53's routing policies as clients of an instance see them, over real sockets."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from .conftest import RunningInstance
from .routed import EAST, WEST, Routed, make


@pytest.fixture(scope="module")
def routed(instance: RunningInstance) -> Routed:
    return make(instance)


def test_latency_answers_by_where_the_resolver_stands(routed: Routed) -> None:
    routed.publish(*(routed.alias(region, Region=region) for region in (WEST, EAST)))
    for place, nearest in ((WEST, WEST), (EAST, EAST), ("eu-west-1", EAST)):
        assert routed.instance.call("resolver", place).stdout.strip() == place
        assert routed.ask() == [(60, nearest)]
        assert routed.get() == nearest
    assert routed.instance.call("resolver", "nowhere").returncode == 1
    routed.instance.call("resolver", WEST)


def test_weights_are_shares_and_nothing_is_nobody(routed: Routed) -> None:
    routed.publish(routed.alias(WEST, Weight=80), routed.alias(EAST, Weight=20))
    counted = Counter(region for _, region in routed.ask(200))
    assert counted[WEST] > counted[EAST] > 0
    routed.publish(routed.alias(WEST, Weight=0), routed.alias(EAST, Weight=20))
    assert {region for _, region in routed.ask(50)} == {EAST}


def test_a_resolver_remembers_an_answer_for_its_ttl_and_the_zone_does_not(routed: Routed) -> None:
    routed.instance.call("resolver", WEST)
    routed.publish(routed.alias(WEST, Failover="PRIMARY"), routed.alias(EAST, Failover="SECONDARY"))
    assert routed.ask(recursive=True) == [(60, WEST)]
    routed.publish(routed.alias(EAST, Failover="PRIMARY"), routed.alias(WEST, Failover="SECONDARY"))
    time.sleep(1.1)
    ((left, region),) = routed.ask(recursive=True)
    assert (region, left < 60) == (WEST, True)
    assert routed.ask() == [(60, EAST)]
    routed.instance.call("resolver", WEST)  # another one, which remembers nothing
    assert routed.ask(recursive=True) == [(60, EAST)]


def test_a_balancer_without_a_healthy_target_does_not_answer_unless_nobody_has_one(routed: Routed) -> None:
    forward = (
        "c('elbv2', {region!r}).create_listener(LoadBalancerArn={arn!r}, Protocol='HTTP', Port=80,"
        " DefaultActions=[{{'Type': 'forward', 'TargetGroupArn': {group!r}}}])\n"
    )
    policies = {WEST: "PRIMARY", EAST: "SECONDARY"}
    routed.publish(*(routed.alias(r, evaluates=True, Failover=p) for r, p in policies.items()))
    assert routed.ask() == [(60, WEST)]
    routed.aws(forward.format(region=WEST, **routed.regions[WEST]))
    assert routed.ask() == [(60, EAST)]
    routed.aws(forward.format(region=EAST, **routed.regions[EAST]))
    assert routed.ask() == [(60, WEST)]


def test_a_batch_that_mixes_policies_is_refused_and_changes_nothing(routed: Routed) -> None:
    routed.publish(routed.alias(WEST, Region=WEST))
    told = routed.aws(
        "from botocore.exceptions import ClientError\n"
        f"change = {{'Action': 'CREATE', 'ResourceRecordSet': {routed.alias(EAST, Weight=1)!r}}}\n"
        "batch = {'Changes': [change]}\n"
        "try:\n"
        f"    c('route53').change_resource_record_sets(HostedZoneId={routed.zone!r}, ChangeBatch=batch)\n"
        "except ClientError as error:\n"
        "    print(error.response['Error']['Code'], error.response['Error']['Message'])\n"
    )
    assert told.startswith("InvalidChangeBatch [")
    assert "non-weighted set exists" in told
    inventory = routed.instance.call("inventory").stdout
    assert f"route53/record epoch.sandbox.test. A {WEST}" in inventory
    assert f"route53/record epoch.sandbox.test. A {EAST}" not in inventory
