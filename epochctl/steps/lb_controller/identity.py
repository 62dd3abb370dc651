"""The controller's IAM role and service account by eksctl, also after a run that was killed.

eksctl does not touch a CloudFormation stack that exists, even one that was rolled back or whose service
account was never created. Such a stack is deleted first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from epochctl.aws.cloudformation import Stacks
from epochctl.errors import ClusterError, ToolError
from epochctl.kube.access import Cluster
from epochctl.tools import eksctl
from epochctl.tools.eksctl import ServiceAccount
from epochctl.workflow.step import Context
from epochctl.workflow.waiting import Pending, Ready

FIX = "see the stack's events in CloudFormation, then run the same command again"


@dataclass(frozen=True)
class Identity:
    """One service account whose pods assume an IAM role."""

    account: ServiceAccount
    stacks: Stacks
    run_eksctl: Callable[[tuple[str, ...], Callable[[str], None]], None] = eksctl.execute

    def create(self, ctx: Context, policy_arn: str) -> None:
        """Create role and service account, after deleting the stack of an earlier attempt."""
        account = replace(self.account, policy_arn=policy_arn)
        if status := self._status():
            ctx.report(f"the stack of an earlier attempt is {status}: deleting it first")
            self._delete_stack(ctx)
        self.run_eksctl(eksctl.associate_oidc_provider(account), ctx.report)
        self.run_eksctl(eksctl.create_service_account(account), ctx.report)

    def remove(self, ctx: Context, cluster: Cluster | None) -> tuple[str, ...]:
        """Delete both by eksctl where it can, the stack in any case; return a line for the removal."""
        if not self._status():
            return ()
        try:
            if cluster is not None and cluster.kube.role_of(self.account.namespace, self.account.name):
                self.run_eksctl(eksctl.delete_service_account(self.account), ctx.report)
        except (ClusterError, ToolError) as error:
            ctx.report(f"{error.what}: its stack is deleted without eksctl")
        self._delete_stack(ctx)
        return (f"stack {eksctl.stack_name(self.account)} with IAM role {self.account.role_name}",)

    def _status(self) -> str:
        return self.stacks.status(eksctl.stack_name(self.account), self.account.cluster)

    def _delete_stack(self, ctx: Context) -> None:
        name = eksctl.stack_name(self.account)
        if not self.stacks.delete(name, self.account.cluster):
            return

        def probe() -> Ready[None] | Pending:
            status = self._status()
            return Pending(f"it is {status}") if status else Ready(None)

        ctx.wait_for(f"stack {name} to be deleted", probe, deadline=300, fix=FIX)
