"""`infra-up`: VPC, cluster and registry by terraform, with what terraform does not see (images, log groups).

reconciliation makes plans converge, vpc_cleanup removes what else is in the VPC.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from epochctl.aws.duplicates import Duplicates
from epochctl.aws.ecr import Ecr
from epochctl.aws.expiry import Expiry
from epochctl.aws.import_ids import ImportIds
from epochctl.aws.log_groups import LogGroups
from epochctl.aws.name_conflicts import NameConflicts
from epochctl.aws.network import Network
from epochctl.aws.node_launch import NodeLaunches
from epochctl.aws.session import Aws
from epochctl.aws.state_bucket import StateBucket
from epochctl.command import Command
from epochctl.config.settings import Settings
from epochctl.errors import InfrastructureError, LockedError, NotFoundError
from epochctl.kube.orphans import Orphans
from epochctl.outputs import Infrastructure
from epochctl.steps.infra_up import tfvars
from epochctl.steps.infra_up.node_watch import NodeWatch
from epochctl.steps.infra_up.reconciliation import CLUSTER, Reconciliation
from epochctl.steps.infra_up.review import Review, Reviewed
from epochctl.steps.infra_up.state_drift import StateDrift, compare_state, ids, outputs
from epochctl.steps.infra_up.vpc_cleanup import VpcCleanup
from epochctl.tools.terraform import (
    Backend,
    Change,
    LockHolder,
    Plan,
    Proposal,
    Terraform,
    read_lock_holder,
)
from epochctl.workflow.step import Context, Observation


class InfraUp:
    """VPC, cluster and registry of one region. `apply` applies the plan that `observe` made."""

    name: ClassVar[str] = "infra-up"
    needs: ClassVar[tuple[type, ...]] = ()
    produces: ClassVar[type] = Infrastructure

    def __init__(
        self,
        settings: Settings,
        region: str,
        *,
        aws: Aws,
        terraform: Terraform,
        ecr: Ecr,
        network: Network,
        orphans: Orphans,
        bucket: StateBucket | None = None,
        import_ids: ImportIds | None = None,
        name_conflicts: NameConflicts | None = None,
        expiry: Expiry | None = None,
        ttl: str = "",
        reviewed: Reviewed | None = None,
    ) -> None:
        """ttl: of the command line, before the setting; reviewed: the only plans that may be applied."""
        name, tags = settings.full_name, settings.tags
        self._settings, self._region, self._aws = settings, region, aws
        self._terraform, self._ecr, self._bucket = terraform, ecr, bucket or StateBucket(aws)
        self._import_ids = import_ids or ImportIds(aws, name, tags, settings.cluster.access)
        self._name_conflicts = name_conflicts or NameConflicts(aws, name, tags)
        self._duplicates, self._launches = Duplicates(aws, name, tags), NodeLaunches(aws, name)
        self._logs, self._vpc_cleanup = LogGroups(aws), VpcCleanup(name, tags, network, orphans)
        self._ttl = tfvars.Ttl(expiry or Expiry(aws, tags), settings.ttl, ttl)
        review = Review(terraform, region, reviewed)
        self._reconciliation = Reconciliation(terraform, self._import_ids, self._variables, review)
        self._observed_plan: Plan | None = None

    def observe(self, ctx: Context) -> Observation:
        """Plan, or read the state where a read-only command finds a run at work."""
        account, backend = self._backend()
        if not self._bucket.exists(account):
            self._terraform.version()  # a missing terraform is reported before anything is created
            self._refuse_conflicts(self._name_conflicts.find())
            return Observation(None, tfvars.initial_changes(self._settings, backend.bucket))
        try:
            plan = self._reconciliation.plan(ctx, backend)
        except LockedError as error:
            if ctx.read_only is None:
                raise
            return self._observe_state(error)
        if created := plan.addresses("create"):
            conflicts = self._name_conflicts.find()
            self._refuse_conflicts({at: what for at, what in conflicts.items() if at in created})
        self._observed_plan = plan
        exists = bool(self._terraform.state_list()) if plan.has_changes else True
        changes = (*self._errored_state(), *plan.changes)
        output = tfvars.parse_outputs(self._terraform.output())
        return Observation(output, changes, exists, lambda: self._terraform.fingerprint(plan))

    def cached_output(self, ctx: Context) -> Infrastructure | None:
        """Return the outputs in the state by one request, without terraform; None where there are none."""
        account, backend = self._backend()
        return outputs(self._bucket.read_text(account, backend.key))

    def apply(self, ctx: Context) -> Infrastructure:
        """Create the state bucket, apply the observed plan, delete duplicates that lost responses left."""
        account, backend = self._backend()
        if self._bucket.ensure(account):
            ctx.say(f"state bucket {backend.bucket}: created")
        plan, self._observed_plan = self._observed_plan or self._reconciliation.plan(ctx, backend), None
        plan = self._reconciliation.recover(ctx, backend, plan)
        if plan.has_changes:
            with NodeWatch(self._launches).run(ctx):
                self._reconciliation.apply(ctx, backend, plan)
            for line in self._remove_duplicates():
                ctx.say(f"{line}: a second one, made because AWS's answer about the first was lost; removed")
        return self._output()

    def destroy(self, ctx: Context) -> tuple[str, ...]:
        """Destroy everything in an order that ends; return a line for each removal.

        Raises InfrastructureError while foreign resources are in the VPC.
        """
        self._observed_plan = None
        account, backend = self._backend()
        if not self._bucket.exists(account) and not self._import_ids.find():
            return ()
        self._vpc_cleanup.refuse_foreign(ctx)
        self._bucket.ensure(account)
        self._reconciliation.prepare(ctx, backend)
        if not self._reconciliation.import_lost(ctx, backend):
            return ()
        images = self._empty_registry(ctx)
        self._reconciliation.wait_for_cluster(ctx)
        created = self._claim_logs()
        orphans = self._vpc_cleanup.delete_load_balancers(ctx)
        nodes = self._reconciliation.destroy(
            ctx, CLUSTER
        )  # first: then pod interfaces are idle and can be swept
        logs = self._delete_logs(created)
        swept = self._vpc_cleanup.sweep(ctx)
        rest = self._reconciliation.destroy(ctx)
        duplicates = self._remove_duplicates()
        logs += self._delete_logs(created)  # EKS writes its last lines late, and creates the log group again
        return (*images, *orphans, *_lines(nodes), *swept, *_lines(rest), *duplicates, *logs)

    def refuse_foreign(self, ctx: Context) -> None:
        """Raise InfrastructureError while foreign resources are in the VPC, before anything is removed."""
        self._vpc_cleanup.refuse_foreign(ctx)

    def plan(self, ctx: Context) -> Plan:
        """Return the plan, before the bucket exists against an empty state. Changes nothing."""
        account, backend = self._backend()
        if self._bucket.exists(account):
            return self._reconciliation.plan(ctx, backend)
        self._terraform.init(None, ctx.say)
        return self._terraform.plan(self._variables(), ctx.say)

    def propose(self, ctx: Context) -> tuple[Plan, Proposal]:
        """Return the plan, and its fingerprint for a review."""
        plan = self.plan(ctx)
        return plan, self._terraform.propose(plan)

    def output(self, ctx: Context) -> Infrastructure:
        """Return what terraform's state holds. Raises NotFoundError before the first complete apply."""
        account, backend = self._backend()
        if not self._bucket.has_state(account, backend.key):
            raise NotFoundError(
                "there is no infrastructure yet", why="no state was found", fix=Command("infra", "up")
            )
        self._reconciliation.prepare(ctx, backend)
        return self._output()

    def lock_holder(self) -> LockHolder | None:
        """Return who holds the state's lock, as written in it, or None."""
        account, backend = self._backend()
        text = self._bucket.read_text(account, f"{backend.key}.tflock")
        return read_lock_holder(text) if text else None

    def left_behind(self, holder: LockHolder) -> bool:
        """Return whether `holder` is provably a dead run of epochctl. Raises LockedError if one runs."""
        if busy := self._terraform.busy():
            raise LockedError("terraform is at work", why=busy, fix="wait for it to end")
        return self._terraform.is_owner_dead(holder)

    def state_drift(self) -> StateDrift:
        """Return how the state differs from AWS, without running terraform. Changes nothing."""
        account, backend = self._backend()
        return compare_state(self._bucket.read_text(account, backend.key), self._import_ids.find())

    def unlock(self, ctx: Context, lock_id: str) -> None:
        """Break the state's lock, whose holder is dead."""
        self._terraform.init(self._backend()[1], ctx.say)
        self._terraform.unlock(lock_id)

    def _observe_state(self, locked: LockedError) -> Observation:
        """Return what the state shows without terraform, while a run works on it."""
        drift = self.state_drift()
        changes = (*self._errored_state(), f"not planned: {locked.why}")
        return Observation(drift.infrastructure, changes, bool(drift.in_state))

    def _errored_state(self) -> tuple[str, ...]:
        """Return a line if a state could not be uploaded; a read-only command leaves it there."""
        path = self._terraform.errored_state()
        return (f"{path} holds what could not be uploaded: {Command('resume')}",) if path else ()

    def _variables(self) -> dict[str, Any]:
        return tfvars.variables(self._settings, self._region, self._ttl.expires())

    def _refuse_conflicts(self, conflicts: Mapping[str, str]) -> None:
        """Raise InfrastructureError if a name is taken by an object that epochctl does not manage."""
        if conflicts:
            one = len(conflicts) == 1
            raise InfrastructureError(
                "a name is already taken" if one else f"{len(conflicts)} names are already taken",
                why="\n".join(f"{what} exists, without the tags of ours" for what in conflicts.values()),
                fix="set another name or environment in epochctl.toml, or remove what is named above",
            )

    def _output(self) -> Infrastructure:
        found = tfvars.parse_outputs(self._terraform.output())
        if found is None:
            raise NotFoundError(
                "the infrastructure is not complete",
                why="the state lacks some of its outputs",
                fix=Command("infra", "up"),
            )
        return found

    def _backend(self) -> tuple[str, Backend]:
        account = self._aws.account_id()
        return account, Backend(self._bucket.name(account), tfvars.state_key(self._settings, self._region))

    def _remove_duplicates(self) -> tuple[str, ...]:
        """Delete objects with the environment's tags and names that are idle and not in the state."""
        account, backend = self._backend()
        return self._duplicates.remove(ids(self._bucket.read_text(account, backend.key)))

    def _empty_registry(self, ctx: Context) -> tuple[str, ...]:
        """Delete the images of a repository that is in the state. Lost ones have been imported by now."""
        name = self._settings.full_name
        if not any(".aws_ecr_repository." in address for address in self._terraform.state_list()):
            return ()
        count = self._ecr.empty(name)
        return (f"{count} images in {name}",) if count else ()

    def _claim_logs(self) -> datetime | None:
        """Tag the log group of the cluster; return when the cluster was created, None if it is gone."""
        created = self._import_ids.cluster_created_at()
        if created is not None:
            self._logs.tag(self._settings.full_name, created, self._settings.tags)
        return created

    def _delete_logs(self, created: datetime | None) -> tuple[str, ...]:
        deleted = self._logs.delete(self._settings.full_name, self._settings.tags, created)
        return (f"log group {deleted}",) if deleted else ()


def _lines(changes: tuple[Change, ...]) -> tuple[str, ...]:
    return tuple(str(change).partition(" ")[2] for change in changes if change.action == "delete")
