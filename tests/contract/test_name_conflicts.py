"""Names that another has in the account (moto): told all at once, and only where the tags are not ours."""

from __future__ import annotations

from epochctl.aws.name_conflicts import NameConflicts
from epochctl.aws.session import Aws

NAME, TAGS = "epoch-production", {"epochctl:name": "epoch", "epochctl:environment": "production"}
LISTED = [{"Key": key, "Value": value} for key, value in TAGS.items()]
TRUST = '{"Version": "2012-10-17", "Statement": []}'


def test_an_empty_account_has_room(aws: Aws) -> None:
    assert NameConflicts(aws, NAME, TAGS).find() == {}


def test_all_are_told_at_once(aws: Aws) -> None:
    role = "arn:aws:iam::123456789012:role/x"
    aws.client("eks").create_cluster(name=NAME, roleArn=role, resourcesVpcConfig={})
    aws.client("ecr").create_repository(repositoryName=NAME)
    aws.client("iam").create_role(RoleName=f"{NAME}-us-west-2-node", AssumeRolePolicyDocument=TRUST)
    assert NameConflicts(aws, NAME, TAGS).find() == {
        "module.cluster.aws_eks_cluster.this": f"EKS cluster {NAME}",
        "module.registry.aws_ecr_repository.this": f"ECR repository {NAME}",
        "module.cluster.aws_iam_role.node": f"IAM role {NAME}-us-west-2-node",
    }


def test_what_is_ours_is_not_taken(aws: Aws) -> None:
    aws.client("ecr").create_repository(repositoryName=NAME, tags=LISTED)
    aws.client("iam").create_role(
        RoleName=f"{NAME}-us-west-2-node", AssumeRolePolicyDocument=TRUST, Tags=LISTED
    )
    assert NameConflicts(aws, NAME, TAGS).find() == {}
