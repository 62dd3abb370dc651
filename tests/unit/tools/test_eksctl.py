"""The argv that eksctl is started with."""

from __future__ import annotations

from epochctl.tools import eksctl

ACCOUNT = eksctl.ServiceAccount(
    cluster="demo",
    region="us-west-2",
    namespace="kube-system",
    name="aws-load-balancer-controller",
    role_name="demo-lb-controller",
    policy_arn="arn:aws:iam::1:policy/lb",
)


def test_the_oidc_provider_is_associated() -> None:
    assert " ".join(eksctl.associate_oidc_provider(ACCOUNT)) == (
        "utils associate-iam-oidc-provider --cluster demo --region us-west-2 --approve"
    )


def test_the_service_account_is_created_or_adopted() -> None:
    assert " ".join(eksctl.create_service_account(ACCOUNT)) == (
        "create iamserviceaccount --cluster demo --region us-west-2 --namespace kube-system"
        " --name aws-load-balancer-controller --attach-policy-arn arn:aws:iam::1:policy/lb"
        " --role-name demo-lb-controller --override-existing-serviceaccounts --approve"
    )


def test_the_service_account_is_deleted_with_its_stack() -> None:
    assert " ".join(eksctl.delete_service_account(ACCOUNT)) == (
        "delete iamserviceaccount --cluster demo --region us-west-2 --namespace kube-system"
        " --name aws-load-balancer-controller --wait"
    )
