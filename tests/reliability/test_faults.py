"""Each fault of the sandbox is seen by whoever asks AWS, begins and ends; no service is needed for that.

Those of a region are seen by who asks the service, which comes up for them, and named by `diagnose`.
"""

from __future__ import annotations

import json
import sys
import time

import pytest
from evidence import Evidence
from sandboxed import URL, Sandbox

TOPIC = "sandbox fault"
ASK = """
import boto3, time
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
def client(service):
    return boto3.client(service, config=Config(retries={{"total_max_attempts": 1}}))
def session():
    given = boto3.client("sts").get_session_token(DurationSeconds=900)["Credentials"]
    time.sleep(2)
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
    return boto3.Session(*(given[name] for name in names)).client("sts").get_caller_identity()
def gateway():
    ec2 = client("ec2")
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    made = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
    seen = []
    for _ in range(2):
        seen.append(ec2.describe_nat_gateways(NatGatewayIds=[made])["NatGateways"][0]["State"])
        time.sleep(3)
    ec2.delete_nat_gateway(NatGatewayId=made)
    ec2.release_address(AllocationId=address)
    return seen
try:
    print("answer", {call})
except ClientError as error:
    print(error.response["Error"]["Code"])
except BotoCoreError as error:
    print(type(error).__name__)
"""
IDENTITY = 'client("sts").get_caller_identity()["Arn"]'
VPCS = 'client("ec2").describe_vpcs()["Vpcs"]'
CREATION = 'client("ec2").create_vpc(CidrBlock="10.0.0.0/16")'
SEEN = [
    ("throttle", ["share=1", "services=sts"], IDENTITY, ["Throttling"]),
    ("throttle", ["share=1", "services=ec2"], VPCS, ["RequestLimitExceeded"]),
    ("throttle", ["share=1", "mode=reset"], IDENTITY, ["ConnectionClosedError", "SSLError"]),
    ("throttle", ["share=1", "mode=lost"], IDENTITY, ["ConnectionClosedError", "SSLError"]),
    ("quota", ["code=vpc", "limit=0"], CREATION, ["VpcLimitExceeded"]),
    ("short-sessions", ["seconds=1"], "session()", ["ExpiredToken"]),
    ("slow", ["scale=0.02"], "gateway()", ["answer ['pending', 'available']"]),
    ("expired-credentials", [], IDENTITY, ["ExpiredToken"]),
]


def ask(sandbox: Sandbox, call: str) -> str:
    return sandbox.run(sys.executable, "-c", ASK.format(call=call), seconds=60).strip()


@pytest.mark.parametrize(("name", "options", "call", "words"), SEEN, ids=lambda value: str(value)[:24])
def test_a_fault_is_seen_until_it_ends(
    sandbox: Sandbox, evidence: Evidence, name: str, options: list[str], call: str, words: list[str]
) -> None:
    with evidence(TOPIC, " ".join([name, *options])) as row:
        with sandbox.fault(name, *options):
            assert f"on   {name}" in sandbox.control("fault", "list")
            seen = ask(sandbox, call)
        assert seen in words
        assert ask(sandbox, IDENTITY) == "answer arn:aws:iam::123456789012:user/engineer"
        row.happened = f"{seen}; gone when it ended"


# What is wrong then, by the layer of `diagnose`; and whether the URL answers all the same.
OF_A_REGION = [
    ("region-network", "load balancer", False),
    ("region-control-plane", "cluster", True),
    ("region-targets", "target health", True),  # a load balancer without a healthy target asks all of them
]


@pytest.mark.parametrize(("name", "layer", "answers"), OF_A_REGION)
def test_a_fault_of_a_region_is_named_until_it_ends(
    service: Sandbox, evidence: Evidence, name: str, layer: str, answers: bool
) -> None:
    with evidence(TOPIC, f"{name} region=us-west-2") as row:
        with service.fault(name, "region=us-west-2"):
            cause = named(service, layer)
            assert answered(service) is answers
        assert "answers." in service.epochctl("verify")
        told = "the URL still answers" if answers else "the URL does not answer"
        row.happened = f"{told}; `diagnose`: {layer}: {cause}; `verify` is content when it ended"


def named(service: Sandbox, layer: str) -> str:
    """Its cause, as soon as it is wrong: a load balancer's health checks take their time."""
    deadline = time.monotonic() + 150
    while True:
        told = json.loads(service.epochctl("diagnose", "-o", "json").strip().splitlines()[-1])
        wrong = [each for each in told["findings"] if (each["layer"], each["state"]) == (layer, "wrong")]
        if wrong:
            return str(wrong[0]["cause"]).splitlines()[0]
        assert time.monotonic() < deadline, told


def answered(service: Sandbox) -> bool:
    asked = ("curl", "-sS", "--max-time", "5", "-o", "/dev/null", "-w", "status %{http_code}", URL)
    return "status 200" in service.run(*asked, code=None)
