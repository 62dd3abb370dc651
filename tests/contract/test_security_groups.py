"""Security groups of a controller that is dead (moto): gone, with the rules of others that named them."""

from __future__ import annotations

from epochctl.aws.security_groups import CLUSTER_TAG, SecurityGroups
from epochctl.aws.session import Aws


def test_a_rule_with_a_description_is_revoked_too(aws: Aws) -> None:
    ec2 = aws.client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    tags = [{"ResourceType": "security-group", "Tags": [{"Key": CLUSTER_TAG, "Value": "epoch"}]}]
    made = [
        ec2.create_security_group(GroupName=name, Description="x", VpcId=vpc, **more)["GroupId"]
        for name, more in (("nodes", {}), ("k8s-traffic", {"TagSpecifications": tags}))
    ]
    nodes, ours = made
    pair = {"GroupId": ours, "Description": "elbv2.k8s.aws/targetGroupBinding=shared"}
    for peer in ({"UserIdGroupPairs": [pair]}, {"IpRanges": [{"CidrIp": "10.0.0.0/8"}]}):
        rule = {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080, **peer}
        ec2.authorize_security_group_ingress(GroupId=nodes, IpPermissions=[rule])
    groups = SecurityGroups(aws)
    assert [groups.delete(group) for group in groups.for_cluster("epoch")] == [""]
    assert groups.for_cluster("epoch") == ()
    kept = ec2.describe_security_groups(GroupIds=[nodes])["SecurityGroups"][0]["IpPermissions"]
    assert [rule["IpRanges"] for rule in kept] == [[{"CidrIp": "10.0.0.0/8"}]]
