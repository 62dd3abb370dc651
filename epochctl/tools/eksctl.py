"""eksctl: one of two ways to give the load balancer controller its identity. Argv is composed here, run once.

The flags, and the ClusterConfig that they amount to, are checked in tests/contract/test_eksctl.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from epochctl.errors import InfrastructureError
from epochctl.tools import process

FIX = 'install eksctl (https://eksctl.io/installation), or set lb_controller.identity to "terraform"'
TIMEOUT = 900.0


@dataclass(frozen=True)
class ServiceAccount:
    """A service account whose pods may take an IAM role."""

    cluster: str
    region: str
    namespace: str
    name: str
    role_name: str
    policy_arn: str
    tags: tuple[tuple[str, str], ...] = ()


def associate_oidc_provider(account: ServiceAccount) -> tuple[str, ...]:
    """argv: make IAM trust the cluster's tokens (nothing to do where it does)."""
    return ("utils", "associate-iam-oidc-provider", *_cluster(account), "--approve")


def create_service_account(account: ServiceAccount) -> tuple[str, ...]:
    """argv: make the role and the service account, or adopt an account that is there."""
    tags = ("--tags", ",".join(f"{key}={value}" for key, value in account.tags)) if account.tags else ()
    return (
        "create",
        "iamserviceaccount",
        *_cluster(account),
        *_name(account),
        "--attach-policy-arn",
        account.policy_arn,
        "--role-name",
        account.role_name,
        *tags,
        "--override-existing-serviceaccounts",
        "--approve",
    )


def stack_name(account: ServiceAccount) -> str:
    """The CloudFormation stack that eksctl keeps the role in."""
    return f"eksctl-{account.cluster}-addon-iamserviceaccount-{account.namespace}-{account.name}"


def delete_service_account(account: ServiceAccount) -> tuple[str, ...]:
    """argv: remove both, and wait until the stack is gone. --approve would be refused here."""
    return ("delete", "iamserviceaccount", *_cluster(account), *_name(account), "--wait")


def execute(argv: tuple[str, ...], on_line: Callable[[str], None]) -> None:
    """Run eksctl to its end. Raises ToolError (not installed) or InfrastructureError with its last words."""
    program = process.find("eksctl", fix=FIX)
    ended = process.run([program, *argv], timeout=TIMEOUT, on_line=on_line)
    if ended.code != 0:
        words = (ended.stderr or ended.stdout).splitlines()[-8:]
        raise InfrastructureError(f"eksctl {argv[0]} {argv[1]} failed", why="\n".join(words))


def _cluster(account: ServiceAccount) -> tuple[str, ...]:
    return ("--cluster", account.cluster, "--region", account.region)


def _name(account: ServiceAccount) -> tuple[str, ...]:
    return ("--namespace", account.namespace, "--name", account.name)
