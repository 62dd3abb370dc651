"""Plans that converge after a kill -9: waits for an earlier terraform, breaks its lock, imports lost objects.

terraform writes its state every 20 seconds, and the cluster only when it is complete: killed in between, AWS
has objects that the state lacks. They are found by name and tags, and the plan imports them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from epochctl.aws.import_ids import ImportIds
from epochctl.errors import DeadlineError, InfrastructureError, LockedError
from epochctl.steps.infra_up.review import Review
from epochctl.tools.terraform import Backend, Change, Plan, StaleLockError, StalePlanError, Terraform
from epochctl.workflow.step import Context
from epochctl.workflow.waiting import Pending, Ready

T = TypeVar("T")

CLUSTER = "module.cluster.aws_eks_cluster.this"
NODE_GROUP = "module.cluster.aws_eks_node_group.this"
_SLOW = frozenset({CLUSTER, NODE_GROUP})
# AWS has the object already: a response was lost and the SDK tried again, or EKS was faster.
_ALREADY_EXISTS = re.compile(
    r"ResourceInUse|AlreadyExist|Already(?:Associated|Assigned)|Duplicate|InvalidSubnet\.Conflict|"
    r"already exists"
)
TRIES = 6
PLAN_OPERATION = "OperationTypePlan"  # a lock that `status` or `terraform plan` takes for some seconds
PLAN_LOCK_DEADLINE = 120.0
_SETTLED = {"ACTIVE", "FAILED", "CREATE_FAILED", "DELETE_FAILED", "DEGRADED"}


class Reconciliation:
    """terraform with one state and one set of variables."""

    def __init__(
        self,
        terraform: Terraform,
        import_ids: ImportIds,
        variables: Callable[[], Mapping[str, Any]],
        review: Review,
    ) -> None:
        self._terraform, self._import_ids, self._variables = terraform, import_ids, variables
        self._review = review

    def plan(self, ctx: Context, backend: Backend) -> Plan:
        """Return the current plan, which imports lost objects.

        Changes only what a dead run left in terraform's way: its lock, and records of objects that it had
        replaced already. A read-only command changes not even that.
        """
        self.prepare(ctx, backend)
        plan = self._plan(ctx)
        created = plan.addresses("create")
        existing = self._import_ids.find() if created else {}
        lost = {address: id for address, id in existing.items() if address in created}
        if not lost:
            return plan
        ctx.say(f"{len(lost)} objects of an interrupted run are there but not in the state: adopting them")
        # The state has a record of an object that is to be created: that object is gone. The record is
        # removed, since terraform imports nothing at an address of which it has a record.
        stale = tuple(sorted(lost.keys() & set(self._terraform.state_list())))
        if stale and ctx.read_only is None:
            self._retry_unlocked(ctx, partial(self._terraform.forget, *stale))
        self._terraform.init(backend, ctx.say, adopt=lost)
        return self._plan(ctx)

    def recover(self, ctx: Context, backend: Backend, plan: Plan) -> Plan:
        """Return a plan that can be applied, once the cluster of an interrupted run is complete.

        A tainted cluster or node group that has become ACTIVE is kept.
        """
        tainted = {change.address for change in plan.details if change.reason == "tainted"} & _SLOW
        if not tainted and not plan.addresses("adopt") & _SLOW:
            return plan
        status = self.wait_for_cluster(ctx)
        for address in sorted(tainted):
            if status.get(address) == "ACTIVE":
                ctx.say(f"{address.rpartition('module.cluster.')[2]}: came out well after all, keeping it")
                self._retry_unlocked(ctx, partial(self._terraform.untaint, address))
        return self.plan(ctx, backend)

    def apply(self, ctx: Context, backend: Backend, plan: Plan) -> tuple[Change, ...]:
        """Apply the plan and return its changes.

        Plans again where the state has changed since, or an object exists already: one with the environment's
        tags is imported. Gives up once a plan has no less to create than the one before. Raises ReviewError
        for what was not reviewed.
        """
        self._review.check(plan, agreed=ctx.agreed)
        for _ in range(TRIES):
            try:
                return self._retry_unlocked(ctx, partial(self._terraform.apply, plan, ctx.say))
            except StalePlanError:
                ctx.say("the state has changed since the plan was made: planning again")
                plan = self.plan(ctx, backend)
                self._review.check_rest(plan)
            except InfrastructureError as error:
                if not _ALREADY_EXISTS.search(error.why):
                    raise
                ctx.say("something that was to be made is there already: planning again")
                following = self.recover(ctx, backend, self.plan(ctx, backend))
                if len(following.addresses("create")) >= len(plan.addresses("create")):
                    raise  # foreign objects: none could be imported
                plan = following
                self._review.check_rest(plan)
        return self._retry_unlocked(ctx, partial(self._terraform.apply, plan, ctx.say))

    def prepare(self, ctx: Context, backend: Backend) -> None:
        """Wait for an earlier terraform to end, initialise this one, and upload a state that was left behind.

        Raises LockedError where a read-only command finds one at work.
        """
        if ctx.read_only is not None:
            self._refuse_busy(ctx.read_only.concurrent_run)
            return self._terraform.init(backend, ctx.say)
        ctx.wait_for("the terraform of an earlier run to end", self._idle, deadline=3600)
        self._terraform.init(backend, ctx.say)
        if message := self._retry_unlocked(ctx, self._terraform.push_errored_state):
            ctx.say(message)
        return None

    def destroy(self, ctx: Context, *targets: str) -> tuple[Change, ...]:
        """Destroy the targets and what depends on them, or everything; return the changes."""
        plan = self._plan(ctx, destroy=True, targets=targets)
        if plan.details:
            return self._retry_unlocked(ctx, partial(self._terraform.apply, plan, ctx.say))
        # No object of the state exists any more: the run that removed them was killed before it wrote that.
        if not targets and (stale := self._terraform.state_list()):
            self._retry_unlocked(ctx, partial(self._terraform.forget, *stale))
        return ()

    def import_lost(self, ctx: Context, backend: Backend) -> bool:
        """Import lost objects, so that `destroy` finds them; return whether the state has any object now."""
        known = set(self._terraform.state_list())
        if self._import_ids.find().keys() <= known:
            return bool(known)
        self.wait_for_cluster(ctx)
        adopted = tuple(sorted(self.plan(ctx, backend).addresses("adopt")))
        if adopted:
            plan = self._plan(ctx, targets=adopted)
            self._retry_unlocked(ctx, partial(self._terraform.apply, plan, ctx.say))
        self._terraform.init(backend, ctx.say)
        return bool(known or adopted)

    def wait_for_cluster(self, ctx: Context) -> dict[str, str]:
        """Wait until neither the cluster nor its node group is changing; return their status by address."""

        def probe() -> Ready[dict[str, str]] | Pending:
            status = self._import_ids.cluster_status()
            changing = [
                f"{address.split('.')[-2]} is {word}"
                for address, word in status.items()
                if word not in _SETTLED
            ]
            return Pending(", ".join(changing)) if changing else Ready(status)

        return ctx.wait_for("what an interrupted run began", probe, deadline=2400, longest=15)

    def _plan(self, ctx: Context, *, destroy: bool = False, targets: tuple[str, ...] = ()) -> Plan:
        return self._retry_unlocked(
            ctx, lambda: self._terraform.plan(self._variables(), ctx.say, destroy=destroy, targets=targets)
        )

    def _refuse_busy(self, beside: str) -> None:
        """Raise LockedError while a run is at work: a plan would take the state's lock from it."""
        if busy := beside or self._terraform.busy():
            raise LockedError("the state is being worked on", why=busy, fix="look again when it has ended")

    def _idle(self) -> Ready[None] | Pending:
        busy = self._terraform.busy()
        return Pending(busy) if busy else Ready(None)

    def _retry_unlocked(self, ctx: Context, work: Callable[[], T]) -> T:
        """Do the work; again after breaking the state's lock where its holder is a dead run of epochctl.

        A read-only command breaks only a lock that its own plan took without learning of it: nothing else
        would release that one.
        """
        for _ in range(TRIES):
            try:
                return work()
            except StaleLockError as error:
                if ctx.read_only is None and self._is_reading(error):
                    return self._wait_for_reader(ctx, work)
                if not self._may_unlock(ctx, error):
                    raise
                ctx.say(f"the state is locked by our own run of {error.holder.when}, {self._why(error)}")
                self._terraform.unlock(error.holder.id)
        return work()

    def _may_unlock(self, ctx: Context, error: StaleLockError) -> bool:
        if ctx.read_only is None:
            return self._terraform.is_owner_dead(error.holder)
        return error.holder.operation == PLAN_OPERATION and self._terraform.is_lock_of_last_process(
            error.holder
        )

    def _is_reading(self, error: StaleLockError) -> bool:
        """Return whether a live run holds the lock for a plan alone."""
        return error.holder.operation == PLAN_OPERATION and not self._terraform.is_owner_dead(error.holder)

    def _why(self, error: StaleLockError) -> str:
        lost = self._terraform.is_lock_of_last_process(error.holder)
        return f"{'which was not told so' if lost else 'which was killed'}: unlocking it"

    def _wait_for_reader(self, ctx: Context, work: Callable[[], T]) -> T:
        """Do the work as soon as a plan (from another checkout, say) has released the state's lock."""
        errors: list[StaleLockError] = []

        def probe() -> Ready[T] | Pending:
            try:
                return Ready(work())
            except StaleLockError as error:
                errors.append(error)
                if not self._is_reading(error):
                    raise
                return Pending(f"{error.why}, which only looks")

        try:
            return ctx.wait_for("the state's lock", probe, deadline=PLAN_LOCK_DEADLINE)
        except DeadlineError as error:
            raise (errors[-1] if errors else error) from error
