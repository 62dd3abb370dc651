"""`infra-up`: what exists is told by terraform's plan, made by applying that very plan, removed in an
order that ends.

Knows the state's place and what terraform cannot see (images, logs); how plans converge is planning.py's,
what else is in the VPC is clearing.py's.
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
from epochctl.config.settings import Settings
from epochctl.errors import InfrastructureError, LockedError, NotFoundError
from epochctl.kube.orphans import Orphans
from epochctl.outputs import Infrastructure
from epochctl.steps.infra_up import tfvars
from epochctl.steps.infra_up.nodes import NodeWatch
from epochctl.steps.infra_up.reconcile import CLUSTER, Reconciliation
from epochctl.steps.infra_up.review import Review, Reviewed
from epochctl.steps.infra_up.state_drift import StateDrift, compare, ids, outputs
from epochctl.steps.infra_up.ttl import Ttl
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
    """VPC, cluster and registry. A plan made by observe is the one that apply applies."""

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
        bucket: StateBucket,
        ecr: Ecr,
        network: Network,
        orphans: Orphans,
        logs: LogGroups,
        ttl: str = "",
        reviewed: Reviewed | None = None,
    ) -> None:
        self._settings, self._region, self._logs = settings, region, logs
        self._aws, self._terraform, self._bucket, self._ecr = aws, terraform, bucket, ecr
        self._clearing = VpcCleanup(settings.full_name, settings.tags, network, orphans)
        self._belongings = ImportIds(aws, settings.full_name, settings.tags, settings.cluster.access)
        self._taken = NameConflicts(aws, settings.full_name, settings.tags)
        self._strays = Duplicates(aws, settings.full_name, settings.tags)
        self._launches = NodeLaunches(aws, settings.full_name)
        self._lifetime = Ttl(Expiry(aws, settings.tags), settings.ttl, ttl)
        review = Review(terraform, region, reviewed)
        self._planning = Reconciliation(terraform, self._belongings, self._variables, review)
        self._seen: Plan | None = None

    def observe(self, ctx: Context) -> Observation:
        account, backend = self._where()
        if not self._bucket.exists(account):
            self._terraform.version()  # a missing terraform is told before anything is made
            self._refuse_taken(self._taken.find())
            return Observation(None, tfvars.everything(self._settings, backend.bucket))
        try:
            plan = self._planning.look(ctx, backend)
        except LockedError as error:
            if ctx.read_only is None:
                raise
            return self._glance(error)
        if created := plan.addresses("create"):
            self._refuse_taken({at: what for at, what in self._taken.find().items() if at in created})
        self._seen = plan
        exists = bool(self._terraform.state_list()) if plan.has_changes else True
        changes = (*self._kept(), *plan.changes)
        return Observation(tfvars.infrastructure(self._terraform.output()), changes, exists)

    def cached_output(self, ctx: Context) -> Infrastructure | None:
        """The outputs in the state: one request, no terraform."""
        account, backend = self._where()
        return outputs(self._bucket.read_text(account, backend.key))

    def apply(self, ctx: Context) -> Infrastructure:
        account, backend = self._where()
        if self._bucket.ensure(account):
            ctx.say(f"state bucket {backend.bucket}: created")
        plan, self._seen = self._seen or self._planning.look(ctx, backend), None
        plan = self._planning.settle(ctx, backend, plan)
        if plan.has_changes:
            with NodeWatch(self._launches).watching(ctx):
                self._planning.apply(ctx, backend, plan)
            for words in self._remove_strays():
                ctx.say(f"{words}: a second one, made because AWS's answer about the first was lost; removed")
        return self._output()

    def destroy(self, ctx: Context) -> tuple[str, ...]:
        self._seen = None
        account, backend = self._where()
        if not self._bucket.exists(account) and not self._belongings.find():
            return ()
        self._clearing.refuse_foreign(ctx)
        self._bucket.ensure(account)
        self._planning.prepare(ctx, backend)
        if not self._planning.adopt(ctx, backend):
            return ()
        images = self._empty_registry(ctx)
        self._planning.await_made(ctx)
        born = self._claim_logs()
        orphans = self._clearing.sweep_balancers(ctx)
        nodes = self._planning.destroy(ctx, CLUSTER)  # first: then pod interfaces are idle and can be swept
        logs = self._delete_logs(born)
        swept = self._clearing.sweep(ctx)
        rest = self._planning.destroy(ctx)
        strays = self._remove_strays()
        logs += self._delete_logs(born)  # EKS writes its last lines late, and makes the group anew for them
        return (*images, *orphans, *_lines(nodes), *swept, *_lines(rest), *strays, *logs)

    def refuse_foreign(self, ctx: Context) -> None:
        """Raise while something that is not ours is in our VPC: better before anything is removed."""
        self._clearing.refuse_foreign(ctx)

    def plan(self, ctx: Context) -> Plan:
        """The plan in full, also before the bucket exists: then against an empty state. Changes nothing."""
        account, backend = self._where()
        if self._bucket.exists(account):
            return self._planning.look(ctx, backend)
        self._terraform.init(None, ctx.say)
        return self._terraform.plan(self._variables(), ctx.say)

    def propose(self, ctx: Context) -> tuple[Plan, Proposal]:
        """The same, and as something to review."""
        plan = self.plan(ctx)
        return plan, self._terraform.propose(plan)

    def output(self, ctx: Context) -> Infrastructure:
        """What is there now. Raises NotFoundError before the first complete apply."""
        account, backend = self._where()
        if not self._bucket.has_state(account, backend.key):
            raise NotFoundError(
                "there is no infrastructure yet", why="no state was found", fix="epochctl infra up"
            )
        self._planning.prepare(ctx, backend)
        return self._output()

    def lock_holder(self) -> LockHolder | None:
        """Who has the state's lock, as written in it."""
        account, backend = self._where()
        text = self._bucket.read_text(account, f"{backend.key}.tflock")
        return read_lock_holder(text) if text else None

    def left_behind(self, holder: LockHolder) -> bool:
        """Whether that is provably a terraform of ours which is dead. Raises LockedError where one is at
        work."""
        if busy := self._terraform.busy():
            raise LockedError("terraform is at work", why=busy, fix="wait for it to end")
        return self._terraform.is_owner_dead(holder)

    def state_drift(self) -> StateDrift:
        """The state beside what there is, without a terraform. Changes nothing."""
        account, backend = self._where()
        return compare(self._bucket.read_text(account, backend.key), self._belongings.find())

    def unlock(self, ctx: Context, lock_id: str) -> None:
        """Break the state's lock: its holder is dead."""
        self._terraform.init(self._where()[1], ctx.say)
        self._terraform.unlock(lock_id)

    def _glance(self, why: LockedError) -> Observation:
        """What the state tells without a terraform, while another is at work on it."""
        seen = self.state_drift()
        return Observation(seen.infrastructure, (*self._kept(), f"not planned: {why.why}"), bool(seen.known))

    def _kept(self) -> tuple[str, ...]:
        """A line where a state could not be uploaded: a command that only looks leaves it there."""
        path = self._terraform.errored_state()
        return (f"{path} holds what could not be uploaded: epochctl resume",) if path else ()

    def _variables(self) -> dict[str, Any]:
        return tfvars.variables(self._settings, self._region, self._lifetime.expires())

    def _refuse_taken(self, taken: Mapping[str, str]) -> None:
        """Nothing is made beside what belongs to somebody else."""
        if taken:
            one = len(taken) == 1
            raise InfrastructureError(
                "a name is already taken" if one else f"{len(taken)} names are already taken",
                why="\n".join(f"{what} exists, without the tags of ours" for what in taken.values()),
                fix="set another name or environment in epochctl.toml, or remove what is named above",
            )

    def _output(self) -> Infrastructure:
        found = tfvars.infrastructure(self._terraform.output())
        if found is None:
            raise NotFoundError(
                "the infrastructure is not complete",
                why="the state lacks some of its outputs",
                fix="epochctl infra up",
            )
        return found

    def _where(self) -> tuple[str, Backend]:
        account = self._aws.account_id()
        return account, Backend(self._bucket.name(account), tfvars.state_key(self._settings, self._region))

    def _remove_strays(self) -> tuple[str, ...]:
        """What is ours by tag and name, idle, and not in the state."""
        account, backend = self._where()
        return self._strays.remove(ids(self._bucket.read_text(account, backend.key)))

    def _empty_registry(self, ctx: Context) -> tuple[str, ...]:
        """Only a repository that is in the state or bears our tags: by now every one of ours is in the
        state."""
        name = self._settings.full_name
        if not any(".aws_ecr_repository." in address for address in self._terraform.state_list()):
            return ()
        count = self._ecr.empty(name)
        return (f"{count} images in {name}",) if count else ()

    def _claim_logs(self) -> datetime | None:
        """When our cluster was made, if it still stands; its log group bears our tags from now on."""
        made = self._belongings.cluster_created_at()
        if made is not None:
            self._logs.tag(self._settings.full_name, made, self._settings.tags)
        return made

    def _delete_logs(self, born: datetime | None) -> tuple[str, ...]:
        gone = self._logs.delete(self._settings.full_name, self._settings.tags, born)
        return (f"log group {gone}",) if gone else ()


def _lines(changes: tuple[Change, ...]) -> tuple[str, ...]:
    return tuple(str(change).partition(" ")[2] for change in changes if change.action == "delete")
