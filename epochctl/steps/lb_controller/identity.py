"""The controller's role and service account by eksctl: put right after a kill, removed without eksctl too.

eksctl leaves a stack that exists as it is, whatever became of it: rolled back, or its service account never
made. Then nothing but deleting it first helps. Knows nothing of charts.
"""

from __future__ import annotations

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
    """One service account whose pods act as a role."""

    account: ServiceAccount
    stacks: Stacks

    def make(self, ctx: Context, policy_arn: str) -> None:
        """Called while the service account lacks its role."""
        account = replace(self.account, policy_arn=policy_arn)
        if status := self._status():
            ctx.say(f"the stack of an earlier attempt is {status}: deleting it first")
            self._delete_stack(ctx)
        eksctl.execute(eksctl.associate_oidc_provider(account), ctx.say)
        eksctl.execute(eksctl.create_service_account(account), ctx.say)

    def remove(self, ctx: Context, cluster: Cluster | None) -> tuple[str, ...]:
        """By eksctl where it and the cluster are there; the stack goes in any case."""
        if not self._status():
            return ()
        try:
            if cluster is not None and cluster.kube.role_of(self.account.namespace, self.account.name):
                eksctl.execute(eksctl.delete_service_account(self.account), ctx.say)
        except (ClusterError, ToolError) as error:
            ctx.say(f"{error.what}: its stack is deleted without eksctl")
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
