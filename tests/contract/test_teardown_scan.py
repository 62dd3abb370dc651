"""The look for leftovers against moto: each kind of ours is seen, and nothing of anybody else."""

from __future__ import annotations

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from epochctl.aws.session import Aws
from epochctl.aws.teardown_scan import TeardownScan

NAME, REGION = "epoch-production", "us-west-2"
TAGS = {"epochctl:name": "epoch", "epochctl:environment": "production"}
LISTED = [{"Key": key, "Value": value} for key, value in TAGS.items()]
OTHERS = [
    {"Key": "epochctl:name", "Value": "epoch"},
    {"Key": "epochctl:environment", "Value": "production-2"},
]
CLUSTER = [{"Key": "elbv2.k8s.aws/cluster", "Value": NAME}]
TRUST = '{"Version": "2012-10-17", "Statement": []}'


def find(aws: Aws) -> tuple[str, ...]:
    """Lines of what is ours."""
    return tuple(one.description for one in TeardownScan(aws).find(NAME, TAGS) if not one.foreign)


def foreign(aws: Aws) -> dict[str, str]:
    """What has our name and is another's -> why."""
    return {one.description: one.foreign for one in TeardownScan(aws).find(NAME, TAGS) if one.foreign}


def tagged(kind: str, tags: list[dict[str, str]] = LISTED) -> dict[str, Any]:
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": tags}]}


def make_network(aws: Aws, tags: list[dict[str, str]]) -> dict[str, str]:
    """A VPC with one of each kind of thing in it. Only the VPC's own objects are tagged."""
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", **tagged("vpc", tags))["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24", **tagged("subnet", tags))["Subnet"][
        "SubnetId"
    ]
    address = ec2.allocate_address(Domain="vpc", **tagged("elastic-ip", tags))["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address, **tagged("natgateway", tags))
    return {
        "VPC": vpc,
        "subnet": subnet,
        "elastic IP address": address,
        "NAT gateway": nat["NatGateway"]["NatGatewayId"],
        "network interface": ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"][
            "NetworkInterfaceId"
        ],
        "security group": ec2.create_security_group(GroupName="loose", Description="x", VpcId=vpc)["GroupId"],
        "internet gateway": ec2.create_internet_gateway(**tagged("internet-gateway", tags))[
            "InternetGateway"
        ]["InternetGatewayId"],
        "route table": ec2.create_route_table(VpcId=vpc, **tagged("route-table", tags))["RouteTable"][
            "RouteTableId"
        ],
        "VPC endpoint": ec2.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.us-west-2.s3")[
            "VpcEndpoint"
        ]["VpcEndpointId"],
        "launch template": ec2.create_launch_template(
            LaunchTemplateName=f"t{len(vpc)}{vpc}", LaunchTemplateData={}, **tagged("launch-template", tags)
        )["LaunchTemplate"]["LaunchTemplateId"],
        "volume": ec2.create_volume(AvailabilityZone="us-west-2a", Size=1, **tagged("volume", tags))[
            "VolumeId"
        ],
    }


def test_an_empty_account_is_the_proof_and_takes_no_time(aws: Aws) -> None:
    assert find(aws) == ()  # makes the clients too
    start = time.monotonic()
    assert find(aws) == ()
    assert time.monotonic() - start < 5


def test_networks_and_everything_inside_them(aws: Aws) -> None:
    made = make_network(aws, LISTED)
    assert {f"{kind} {id}" for kind, id in made.items()} <= set(find(aws))


def test_another_environments_network_is_not_ours(aws: Aws) -> None:
    make_network(aws, OTHERS)
    assert find(aws) == ()


def test_instances_until_they_are_terminated(aws: Aws) -> None:
    ec2 = aws.client("ec2")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    made = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, **tagged("instance"))
    instance = made["Instances"][0]["InstanceId"]
    assert find(aws) == (f"instance {instance}",)
    ec2.terminate_instances(InstanceIds=[instance])
    assert find(aws) == ()


def make_machinery(aws: Aws, vpc: str, subnets: list[str], prefix: str) -> set[str]:
    """What controllers of our cluster's name leave in a VPC."""
    ec2, elbv2, elb = aws.client("ec2"), aws.client("elbv2"), aws.client("elb")
    owned = [{"Key": f"kubernetes.io/cluster/{NAME}", "Value": "owned"}]
    balancer = elbv2.create_load_balancer(Name=f"{prefix}-a", Subnets=subnets, Tags=CLUSTER)
    group = elbv2.create_target_group(Name=f"{prefix}-t", Protocol="HTTP", Port=1, VpcId=vpc, Tags=CLUSTER)
    listener = {"Protocol": "TCP", "LoadBalancerPort": 80, "InstancePort": 80}
    classic = {"LoadBalancerName": f"{prefix}-c", "Listeners": [listener], "Subnets": subnets[:1]}
    elb.create_load_balancer(**classic, Tags=owned)
    specified = tagged("security-group", CLUSTER)
    security = ec2.create_security_group(GroupName=prefix, Description="x", VpcId=vpc, **specified)
    return {
        f"load balancer {balancer['LoadBalancers'][0]['LoadBalancerArn']}",
        f"target group {group['TargetGroups'][0]['TargetGroupArn']}",
        f"classic load balancer {prefix}-c",
        f"security group {security['GroupId']}",
    }


def test_what_the_clusters_machinery_made(aws: Aws) -> None:
    ec2, elbv2 = aws.client("ec2"), aws.client("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", **tagged("vpc"))["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-west-2{z}")["Subnet"][
            "SubnetId"
        ]
        for n, z in ((1, "a"), (2, "b"))
    ]
    elbv2.create_load_balancer(Name="foreign", Subnets=subnets)
    made = make_machinery(aws, vpc, subnets, "k8s-epoch")
    csi = [{"Key": f"kubernetes.io/cluster/{NAME}", "Value": "owned"}]
    volume = ec2.create_volume(AvailabilityZone="us-west-2a", Size=1, **tagged("volume", csi))["VolumeId"]
    inside = {f"VPC {vpc}", *(f"subnet {subnet}" for subnet in subnets)}
    assert made | inside | {f"volume {volume}"} <= set(find(aws))
    assert not any("foreign" in line for line in find(aws))
    assert foreign(aws) == {}


def test_a_target_group_that_outlived_its_vpc_is_ours(aws: Aws) -> None:
    ec2, elbv2 = aws.client("ec2"), aws.client("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    made = elbv2.create_target_group(Name="k8s", Protocol="HTTP", Port=1, VpcId=vpc, Tags=CLUSTER)
    assert list(foreign(aws)) == [f"target group {made['TargetGroups'][0]['TargetGroupArn']}"]
    ec2.delete_vpc(VpcId=vpc)
    assert find(aws) == (f"target group {made['TargetGroups'][0]['TargetGroupArn']}",)


def test_a_cluster_of_our_name_in_another_vpc_is_named_as_anothers(aws: Aws) -> None:
    ec2 = aws.client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    subnets = [item["SubnetId"] for item in ec2.describe_subnets()["Subnets"][:2]]
    made = make_machinery(aws, vpc, subnets, "k8s-theirs")
    assert find(aws) == ()
    assert set(foreign(aws)) == made
    assert vpc in next(iter(foreign(aws).values()))


def test_what_another_has_under_our_name_is_not_ours(aws: Aws) -> None:
    aws.client("eks").create_cluster(
        name=NAME,
        roleArn="arn:aws:iam::123456789012:role/x",
        resourcesVpcConfig={},
        tags={"alpha.eksctl.io/cluster-name": NAME},
    )
    aws.client("ecr").create_repository(repositoryName=NAME)
    csi = [{"Key": f"kubernetes.io/cluster/{NAME}", "Value": "owned"}]
    made = aws.client("ec2").create_volume(AvailabilityZone="us-west-2a", Size=1, **tagged("volume", csi))
    aws.client("logs").create_log_group(logGroupName=f"/aws/eks/{NAME}/cluster")
    assert find(aws) == ()
    assert set(foreign(aws)) == {
        f"EKS cluster {NAME}",
        f"ECR repository {NAME}",
        f"volume {made['VolumeId']}",
        f"log group /aws/eks/{NAME}/cluster",
    }


def test_a_vpc_that_was_ours_is_looked_into_even_without_its_tags(aws: Aws) -> None:
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    assert find(aws) == ()
    told = {one.description for one in TeardownScan(aws).find(NAME, TAGS, vpcs=(vpc,))}
    assert f"subnet {subnet}" in told


def test_identities_by_their_tags_not_by_their_names(aws: Aws) -> None:
    iam = aws.client("iam")
    iam.create_role(RoleName=f"{NAME}-us-west-2-node", AssumeRolePolicyDocument=TRUST, Tags=LISTED)
    iam.create_role(RoleName=f"{NAME}-2-node", AssumeRolePolicyDocument=TRUST, Tags=OTHERS)
    iam.create_role(RoleName=f"{NAME}-mine", AssumeRolePolicyDocument=TRUST)
    eksctl = [{"Key": "alpha.eksctl.io/cluster-name", "Value": NAME}]
    iam.create_role(RoleName=f"eksctl-{NAME}-addon-Role1", AssumeRolePolicyDocument=TRUST, Tags=eksctl)
    document = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
    policy = iam.create_policy(PolicyName=f"{NAME}-lb", PolicyDocument=document, Tags=LISTED)["Policy"]["Arn"]
    url, prints = "https://oidc.eks.us-west-2.amazonaws.com/id/1", ["a" * 40]
    made = iam.create_open_id_connect_provider(Url=url, ThumbprintList=prints, Tags=LISTED)
    assert set(find(aws)) == {
        f"IAM role {NAME}-us-west-2-node",
        f"IAM role eksctl-{NAME}-addon-Role1",
        f"IAM policy {policy}",
        f"IAM OIDC provider {made['OpenIDConnectProviderArn']}",
    }


def test_services_by_name_or_tag(aws: Aws) -> None:
    aws.client("eks").create_cluster(
        name=NAME, roleArn="arn:aws:iam::123456789012:role/x", resourcesVpcConfig={}, tags=dict(TAGS)
    )
    aws.client("ecr").create_repository(repositoryName=NAME, tags=LISTED)
    aws.client("logs").create_log_group(logGroupName=f"/aws/eks/{NAME}/cluster", tags=dict(TAGS))
    aws.client("logs").create_log_group(logGroupName=f"/aws/eks/{NAME}-2/cluster")
    acm = aws.client("acm")
    arn = acm.request_certificate(DomainName="epoch.example.com", Tags=LISTED)["CertificateArn"]
    acm.request_certificate(DomainName="epoch.example.com")
    assert set(find(aws)) == {
        f"EKS cluster {NAME}",
        f"ECR repository {NAME}",
        f"log group /aws/eks/{NAME}/cluster",
        f"ACM certificate {arn}",
    }


def test_dns_records_by_their_companion(aws: Aws) -> None:
    from epochctl.aws.route53 import Record, Route53, owner_text

    route53 = Route53(aws)
    aws.client("route53").create_hosted_zone(Name="example.com", CallerReference="1")
    zone = route53.zone_for("epoch.example.com")
    assert zone is not None
    for host, tags in (("epoch", TAGS), ("other", {tag["Key"]: tag["Value"] for tag in OTHERS})):
        route53.publish(zone, Record(f"{host}.example.com", "A", ("192.0.2.1",)), owner_text(tags))
    assert find(aws) == ("DNS record epoch.example.com in zone example.com",)


def test_what_is_kept_on_purpose_is_not_left_over(aws: Aws) -> None:
    acm = aws.client("acm")
    arn = acm.request_certificate(DomainName="epoch.example.com", Tags=LISTED)["CertificateArn"]
    assert TeardownScan(aws).find(NAME, TAGS, keep=(arn,)) == ()


def test_a_refused_question_is_not_an_empty_answer(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.exceptions import ClientError

    from epochctl.errors import CredentialsError

    def refuse(**_: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DescribeCluster")

    monkeypatch.setattr(aws.client("eks"), "describe_cluster", refuse)
    with pytest.raises(CredentialsError):
        find(aws)


def test_what_belongs_to_another_region_is_neither_told_nor_missed_there(aws: Aws) -> None:
    """IAM shows the roles of every region; the tag says whose one is."""
    iam, east = aws.client("iam"), [*LISTED, {"Key": "epochctl:region", "Value": "us-east-1"}]
    iam.create_role(RoleName=f"{NAME}-us-east-1-node", AssumeRolePolicyDocument=TRUST, Tags=east)
    for region in ("us-west-2", "us-east-1"):
        iam.create_open_id_connect_provider(
            Url=f"https://oidc.eks.{region}.amazonaws.com/id/ABC", ThumbprintList=["0" * 40], Tags=LISTED
        )
    assert [line.partition("oidc.eks.")[2] for line in find(aws)] == ["us-west-2.amazonaws.com/id/ABC"]
    there = [one.description for one in TeardownScan(Aws("us-east-1")).find(NAME, TAGS)]
    assert any(line == f"IAM role {NAME}-us-east-1-node" for line in there)
    assert len(there) == 2


def test_a_record_that_another_region_serves_is_its_own_business(aws: Aws) -> None:
    """Name, companion and validation record are of both; a region's own record and check are told."""
    route53 = aws.client("route53")
    made = route53.create_hosted_zone(Name="example.com", CallerReference="1")
    words = [{"Value": '"epochctl name=epoch environment=production"'}]
    texts = [
        {"Name": f"_epochctl.{name}", "Type": "TXT", "TTL": 60, "ResourceRecords": words}
        for name in ("epoch.example.com", "_proof.epoch.example.com")
    ]
    served = [
        {
            "Name": "epoch.example.com",
            "Type": "A",
            "SetIdentifier": region,
            "Region": region,
            "AliasTarget": {
                "DNSName": f"k8s-1.{region}.elb.amazonaws.com",
                "HostedZoneId": "Z1",
                "EvaluateTargetHealth": True,
            },
        }
        for region in ("us-west-2", "us-east-1")
    ]

    def change(action: str, *records: dict[str, Any]) -> None:
        changes = [{"Action": action, "ResourceRecordSet": dict(record)} for record in records]
        identifier = made["HostedZone"]["Id"]
        route53.change_resource_record_sets(HostedZoneId=identifier, ChangeBatch={"Changes": changes})

    change("CREATE", *texts, *served)
    assert find(aws) == ("DNS record epoch.example.com of us-west-2",)
    change("DELETE", served[0])
    assert find(aws) == ()
    change("DELETE", served[1])
    assert len(find(aws)) == 2  # nobody's any more


def test_health_checks_and_the_replication_of_images(aws: Aws) -> None:
    route53, ecr = aws.client("route53"), aws.client("ecr")
    config = {"Type": "HTTPS", "FullyQualifiedDomainName": "x.example.com", "Port": 443}
    ids = []
    for reference in (f"{NAME} {REGION} 1", f"{NAME} us-east-1 1", f"{NAME}-2 {REGION} 1"):
        made = route53.create_health_check(CallerReference=reference, HealthCheckConfig=config)
        ids.append(made["HealthCheck"]["Id"])
    rules = [
        {
            "destinations": [{"region": "us-east-1", "registryId": "123456789012"}],
            "repositoryFilters": [{"filter": name, "filterType": "PREFIX_MATCH"}],
        }
        for name in (NAME,)  # moto takes no second one
    ]
    ecr.put_replication_configuration(replicationConfiguration={"rules": rules})
    assert set(find(aws)) == {f"health check {ids[0]}", f"ECR replication of {NAME}"}
    tags = [*LISTED, {"Key": "epochctl:region", "Value": "us-east-1"}]
    route53.change_tags_for_resource(ResourceType="healthcheck", ResourceId=ids[1], AddTags=tags)
    assert f"health check {ids[1]}" not in find(aws)
    assert f"health check {ids[1]}" in {
        one.description for one in TeardownScan(Aws("us-east-1")).find(NAME, TAGS)
    }


def test_a_load_balancer_that_vanishes_while_it_is_asked_about_hides_no_other(aws: Aws) -> None:
    elbv2, network = aws.client("elbv2"), make_network(aws, LISTED)
    made = [
        elbv2.create_target_group(
            Name=name, Protocol="HTTP", Port=80, VpcId=network["VPC"], TargetType="ip", Tags=CLUSTER
        )["TargetGroups"][0]["TargetGroupArn"]
        for name in ("one", "two")
    ]
    listed = elbv2.describe_target_groups()

    class Late:
        """Lists what was there a moment ago."""

        def __getattr__(self, name: str) -> Any:
            return getattr(elbv2, name)

        def can_paginate(self, operation: str) -> bool:
            return operation != "describe_target_groups" and bool(elbv2.can_paginate(operation))

        def describe_target_groups(self, **arguments: Any) -> Any:
            return listed

        def describe_tags(self, ResourceArns: list[str]) -> Any:
            if made[0] in ResourceArns:
                told = {"Error": {"Code": "TargetGroupNotFound", "Message": "not found"}}
                raise ClientError(told, "DescribeTags")  # type: ignore[arg-type]
            return elbv2.describe_tags(ResourceArns=ResourceArns)

    elbv2.delete_target_group(TargetGroupArn=made[0])
    aws._clients[("elbv2", REGION)] = Late()
    assert f"target group {made[1]}" in find(aws)
    assert f"target group {made[0]}" not in find(aws)
