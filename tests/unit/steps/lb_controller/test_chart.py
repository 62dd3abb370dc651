"""What the controller's chart is given."""

from __future__ import annotations

from epochctl.config.settings import Cluster, LbController, Settings
from epochctl.outputs import Infrastructure
from epochctl.steps.lb_controller import chart

INFRA = Infrastructure(
    "us-west-2", "1" * 12, "vpc-1", (), (), "demo", "1.35", "n", "amd64", "", "", "", "arn:role", "arn:policy"
)


def settings(identity: str = "terraform", nodes: int = 2) -> Settings:
    return Settings(
        hostname="epoch.example.com",
        cluster=Cluster(nodes=nodes),
        lb_controller=LbController(identity=identity),  # type: ignore[arg-type]
    )


def test_terraforms_role_is_on_the_charts_own_service_account() -> None:
    account = chart.values(settings(), INFRA)["serviceAccount"]
    assert account["create"] is True
    assert account["annotations"] == {"eks.amazonaws.com/role-arn": "arn:role"}


def test_eksctls_service_account_is_left_alone() -> None:
    assert chart.values(settings("eksctl"), INFRA)["serviceAccount"]["create"] is False


def test_one_node_gets_one_replica() -> None:
    assert chart.values(settings(nodes=1), INFRA)["replicaCount"] == 1
    assert chart.values(settings(nodes=5), INFRA)["replicaCount"] == 2


def test_services_do_not_depend_on_the_controller() -> None:
    assert chart.values(settings(), INFRA)["enableServiceMutatorWebhook"] is False
