"""What goes wrong with one region: nobody reaches it, its API server is dead, its targets fail.

The other goes on.
"""

from __future__ import annotations

import json
import time

import pytest

from .conftest import RunningInstance
from .routed import EAST, WEST, Routed, make

CLUSTERS = """
import time
made = {{}}
for region, vpc in {vpcs!r}.items():
    eks = c("eks", region)
    found = c("ec2", region).describe_subnets(Filters=[{{"Name": "vpc-id", "Values": [vpc]}}])["Subnets"]
    eks.create_cluster(name="twin", roleArn="arn:aws:iam::123456789012:role/twin",
        resourcesVpcConfig={{"subnetIds": [each["SubnetId"] for each in found]}})
deadline = time.monotonic() + 120
for region in {vpcs!r}:
    while (cluster := c("eks", region).describe_cluster(name="twin")["cluster"])["status"] != "ACTIVE":
        assert time.monotonic() < deadline
        time.sleep(0.5)
    made[region] = cluster["endpoint"]
print(json.dumps(made))
"""
READY = """
import ssl, urllib.request
try:
    trust = ssl._create_unverified_context()
    with urllib.request.urlopen({url!r} + "/readyz", timeout=3, context=trust) as answer:
        print(answer.read().decode())
except OSError as error:
    reason = getattr(error, "reason", error)
    print(type(reason).__name__)
"""
# What a client calls it, by how far it had come.
BROKEN_OFF = ("ConnectionClosedError", "EndpointConnectionError", "SSLError")
# A target that every instance has: the control API answers /ready.
TARGET = """
elb = c("elbv2", {region!r})
group = elb.modify_target_group(TargetGroupArn={group!r}, HealthCheckPath="/ready",
    HealthCheckIntervalSeconds=5, HealthyThresholdCount=2, UnhealthyThresholdCount=2)
elb.register_targets(TargetGroupArn={group!r}, Targets=[{{"Id": "198.51.100.1", "Port": 9911}}])
elb.create_listener(LoadBalancerArn={arn!r}, Protocol="HTTP", Port=80,
    DefaultActions=[{{"Type": "forward", "TargetGroupArn": {group!r}}}])
"""


@pytest.fixture(scope="module")
def routed(instance: RunningInstance) -> Routed:
    return make(instance)


@pytest.fixture(scope="module")
def endpoints(routed: Routed) -> dict[str, str]:
    """A cluster's endpoint a region."""
    vpcs = {region: made["vpc"] for region, made in routed.regions.items()}
    made: dict[str, str] = json.loads(routed.aws(CLUSTERS.format(vpcs=vpcs)))
    return made


def fault(routed: Routed, *words: str) -> None:
    done = routed.instance.call("fault", *words)
    assert done.returncode == 0, done.stderr


def ready(routed: Routed, endpoint: str) -> str:
    return routed.instance.python(READY.format(url=endpoint))


def test_a_region_whose_network_is_cut_is_reached_by_nobody(
    routed: Routed, endpoints: dict[str, str]
) -> None:
    hosts = {region: made["host"] for region, made in routed.regions.items()}
    assert [routed.get(hosts[EAST], trust=False), ready(routed, endpoints[EAST])] == [EAST, "ok"]
    fault(routed, "start", "region-network", f"region={EAST}")
    assert [routed.get(hosts[EAST], trust=False), ready(routed, endpoints[EAST])] == ["TimeoutError"] * 2
    assert [routed.get(hosts[WEST], trust=False), ready(routed, endpoints[WEST])] == [WEST, "ok"]
    fault(routed, "stop", "region-network")
    assert [routed.get(hosts[EAST], trust=False), ready(routed, endpoints[EAST])] == [EAST, "ok"]


def test_aws_itself_can_be_gone_from_a_region_too(routed: Routed) -> None:
    call = "from botocore.config import Config\none = Config(retries={{'total_max_attempts': 1}})\n" + (
        "try:\n    print(len(c('ec2', {region!r}, config=one).describe_vpcs()['Vpcs']))\n"
        "except Exception as error:\n    print(type(error).__name__)\n"
    )
    fault(routed, "start", "region-network", f"region={EAST}", "apis=1")
    try:
        assert routed.aws(call.format(region=EAST)) in BROKEN_OFF
        assert routed.aws(call.format(region=WEST)).isdigit()
    finally:
        fault(routed, "stop", "region-network")
    assert routed.aws(call.format(region=EAST)).isdigit()


def test_an_api_server_that_is_dead_leaves_the_load_balancer(
    routed: Routed, endpoints: dict[str, str]
) -> None:
    fault(routed, "start", "region-control-plane", f"region={EAST}")
    assert ready(routed, endpoints[EAST]) == "ConnectionRefusedError"
    assert ready(routed, endpoints[WEST]) == "ok"
    assert routed.get(routed.regions[EAST]["host"], trust=False) == EAST
    fault(routed, "stop", "region-control-plane")
    assert ready(routed, endpoints[EAST]) == "ok"


def test_targets_of_one_region_fail_and_its_records_answer_no_more(routed: Routed) -> None:
    for region in (WEST, EAST):
        routed.aws(TARGET.format(region=region, **routed.regions[region]))
    routed.publish(
        routed.alias(WEST, evaluates=True, Failover="PRIMARY"),
        routed.alias(EAST, evaluates=True, Failover="SECONDARY"),
    )
    await_answer(routed, WEST)
    fault(routed, "start", "region-targets", f"region={WEST}")
    await_answer(routed, EAST)
    fault(routed, "stop", "region-targets")
    await_answer(routed, WEST)


def await_answer(routed: Routed, region: str) -> None:
    deadline = time.monotonic() + 60
    while routed.ask() != [(60, region)]:
        assert time.monotonic() < deadline, f"{region} does not answer"
        time.sleep(0.5)
