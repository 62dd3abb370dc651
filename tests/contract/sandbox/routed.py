"""A name in two regions of an instance: a load balancer in each, and questions about it over real sockets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from .conftest import RunningInstance

WEST, EAST = "us-west-2", "us-east-1"
NAME = "epoch.sandbox.test"

MAKE = """
import boto3, json, time
name, deadline, made = "epoch.sandbox.test", time.monotonic() + 150, {}
route53 = boto3.client("route53")
zone = route53.list_hosted_zones()["HostedZones"][0]["Id"]
def waits(true):
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.2)
for region in ("us-west-2", "us-east-1"):
    ec2, elb, acm = (boto3.client(each, region) for each in ("ec2", "elbv2", "acm"))
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone=region + "ab"[i])
        ["Subnet"]["SubnetId"] for i in (0, 1)
    ]
    arn = acm.request_certificate(DomainName=name, ValidationMethod="DNS")["CertificateArn"]
    proof = acm.describe_certificate(CertificateArn=arn)["Certificate"]["DomainValidationOptions"][0]
    record = proof["ResourceRecord"]
    values = [{"Value": record["Value"]}]
    record = {"Name": record["Name"], "Type": "CNAME", "TTL": 60, "ResourceRecords": values}
    changes = [{"Action": "UPSERT", "ResourceRecordSet": record}]
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
    waits(lambda: acm.describe_certificate(CertificateArn=arn)["Certificate"]["Status"] == "ISSUED")
    balancer = elb.create_load_balancer(Name="twin", Subnets=subnets)["LoadBalancers"][0]
    elb.create_listener(LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTPS", Port=443,
        Certificates=[{"CertificateArn": arn}], DefaultActions=[{"Type": "fixed-response",
        "FixedResponseConfig": {"StatusCode": "200", "ContentType": "text/plain", "MessageBody": region}}])
    group = elb.create_target_group(Name="twin", Protocol="HTTP", Port=8080, VpcId=vpc, TargetType="ip")
    made[region] = {"host": balancer["DNSName"], "zone": balancer["CanonicalHostedZoneId"], "vpc": vpc,
        "arn": balancer["LoadBalancerArn"], "group": group["TargetGroups"][0]["TargetGroupArn"]}
print(json.dumps({"zone": zone, "regions": made}))
"""
ASK = """
import dns.flags, dns.message, dns.query, json
found = []
for _ in range({times}):
    query = dns.message.make_query({name!r}, "A")
    if not {recursive}:
        query.flags &= ~dns.flags.RD
    answer = dns.query.udp(query, "198.51.100.2", timeout=5).answer
    found.append([answer[0].ttl, sorted(str(each) for each in answer[0])] if answer else [0, []])
print(json.dumps(found))
"""
GET = """
import http.client, ssl, sys
try:
    ask = http.client.HTTPSConnection({host!r}, timeout=3, context=ssl.{context}())
    ask.request("GET", "/")
    print(ask.getresponse().read().decode())
except OSError as error:
    print(type(error).__name__)
"""


@dataclass(frozen=True)
class Routed:
    """The instance, the hosted zone, and what was made in each region."""

    instance: RunningInstance
    zone: str
    regions: dict[str, dict[str, str]]

    def alias(self, region: str, *, evaluates: bool = False, **policy: Any) -> dict[str, Any]:
        target = {
            "DNSName": self.regions[region]["host"],
            "HostedZoneId": self.regions[region]["zone"],
            "EvaluateTargetHealth": evaluates,
        }
        return {"Name": NAME, "Type": "A", "AliasTarget": target, "SetIdentifier": region, **policy}

    def publish(self, *records: dict[str, Any]) -> None:
        """These and no others of that name and type, in one batch."""
        self.aws(
            f"found = c('route53').list_resource_record_sets(HostedZoneId={self.zone!r})\n"
            "old = [e for e in found['ResourceRecordSets'] if e['Type'] == 'A'\n"
            f"       and e['Name'].rstrip('.') == {NAME!r}]\n"
            f"changes = [('DELETE', e) for e in old] + [('CREATE', e) for e in {list(records)!r}]\n"
            "batch = {'Changes': [{'Action': a, 'ResourceRecordSet': e} for a, e in changes]}\n"
            f"c('route53').change_resource_record_sets(HostedZoneId={self.zone!r}, ChangeBatch=batch)\n"
        )

    def aws(self, script: str) -> str:
        """What a script prints; in it, c(service, region) is a client of AWS."""
        return self.instance.python("import boto3, json; c = boto3.client\n" + script)

    def ask(self, times: int = 1, *, recursive: bool = False, name: str = NAME) -> list[tuple[int, str]]:
        """(TTL, region that answered) for each question to the name server."""
        told = self.instance.python(ASK.format(times=times, name=name, recursive=recursive))
        known = {tuple(self.addresses(region)): region for region in self.regions} if name == NAME else {}
        return [(ttl, known.get(tuple(found), ",".join(found))) for ttl, found in json.loads(told)]

    def addresses(self, region: str) -> list[str]:
        ((_, found),) = self.ask(name=self.regions[region]["host"])
        return found.split(",")

    def get(self, host: str = NAME, *, trust: bool = True) -> str:
        """The body of https://host/, or the kind of failure. trust: whether its certificate must fit."""
        context = "create_default_context" if trust else "_create_unverified_context"
        return self.instance.python(GET.format(host=host, context=context))


def make(instance: RunningInstance) -> Routed:
    made = json.loads(instance.python(MAKE))
    return Routed(instance, made["zone"], made["regions"])
