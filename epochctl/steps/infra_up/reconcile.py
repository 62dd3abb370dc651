"""Plans that converge after a kill -9: an earlier terraform is awaited, its lock broken, lost objects
adopted.

terraform writes its state every 20 seconds, and the cluster's only when it is made: killed in between, AWS
holds objects that the state does not know. They are found by name and tags, and the plan takes them in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
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
# AWS has it already: an answer was lost on its way, and the SDK asked again; or EKS was faster.
_THERE = re.compile(
    r"ResourceInUse|AlreadyExist|Already(?:Associated|Assigned)|Duplicate|InvalidSubnet\.Conflict|"
    r"already exists"
)
TRIES = 6
LOOK, PATIENCE = "OperationTypePlan", 120.0  # somebody's `status` or `terraform plan` takes seconds
_SETTLED = {"ACTIVE", "FAILED", "CREATE_FAILED", "DELETE_FAILED", "DEGRADED"}


class Reconciliation:
    """terraform against one state, for one set of variables."""

    def __init__(
        self,
        terraform: Terraform,
        belongings: ImportIds,
        variables: Callable[[], Mapping[str, Any]],
        review: Review,
    ) -> None:
        self._terraform, self._belongings, self._variables = terraform, belongings, variables
        self._review = review

    def look(self, ctx: Context, backend: Backend) -> Plan:
        """The plan as things stand, with whatever it can adopt. Changes nothing but what a dead run left in
        terraform's way: its lock, and records of objects that it had already replaced; and not even that
        for a command that only looks."""
        self.prepare(ctx, backend)
        plan = self._plan(ctx)
        created = plan.addresses("create")
        lost = (
            {address: id for address, id in self._belongings.find().items() if address in created}
            if created
            else {}
        )
        if not lost:
            return plan
        ctx.say(f"{len(lost)} objects of an interrupted run are there but not in the state: adopting them")
        # A planned creation of what the state holds: that one is gone, and would keep the new one from being
        # taken in, as terraform imports nothing at an address it has a record of.
        gone = tuple(sorted(lost.keys() & set(self._terraform.state_list())))
        if gone and ctx.read_only is None:
            self._unlocking(ctx, lambda: self._terraform.forget(*gone))
        self._terraform.init(backend, ctx.say, adopt=lost)
        return self._plan(ctx)

    def settle(self, ctx: Context, backend: Backend, plan: Plan) -> Plan:
        """A plan that can be applied: what an interrupted run left in the making is awaited, and kept
        where it is sound."""
        tainted = {change.address for change in plan.details if change.reason == "tainted"} & _SLOW
        if not tainted and not plan.addresses("adopt") & _SLOW:
            return plan
        status = self.await_made(ctx)
        for address in sorted(tainted):
            if status.get(address) == "ACTIVE":
                ctx.say(f"{address.rpartition('module.cluster.')[2]}: came out well after all, keeping it")
                self._unlocking(ctx, lambda address=address: self._terraform.untaint(address))  # type: ignore[misc]
        return self.look(ctx, backend)

    def apply(self, ctx: Context, backend: Backend, plan: Plan) -> tuple[Change, ...]:
        """Apply it; from a new plan where the state has moved on since, or where something of ours is there
        already: that is taken in, if it bears our tags. As long as each plan has less to make than the last.
        Nothing but what was reviewed.
        """
        self._review.admit(plan)
        for _ in range(TRIES):
            try:
                return self._unlocking(ctx, lambda plan=plan: self._terraform.apply(plan, ctx.say))  # type: ignore[misc]
            except StalePlanError:
                ctx.say("the state has changed since the plan was made: planning again")
                plan = self.look(ctx, backend)
                self._review.admit_rest(plan)
            except InfrastructureError as error:
                if not _THERE.search(error.why):
                    raise
                ctx.say("something that was to be made is there already: planning again")
                following = self.settle(ctx, backend, self.look(ctx, backend))
                if len(following.addresses("create")) >= len(plan.addresses("create")):
                    raise  # not ours: nothing could be taken in
                plan = following
                self._review.admit_rest(plan)
        return self._unlocking(ctx, lambda: self._terraform.apply(plan, ctx.say))

    def prepare(self, ctx: Context, backend: Backend) -> None:
        """Ready to plan: no terraform of an earlier run is at work, this one is initialised, and what the
        earlier one could not upload is in the state. Raises LockedError where a command that only looks
        finds one at work."""
        if ctx.read_only is not None:
            self._refuse_busy(ctx.read_only.concurrent_run)
            return self._terraform.init(backend, ctx.say)
        ctx.wait_for("the terraform of an earlier run to end", self._idle, deadline=3600)
        self._terraform.init(backend, ctx.say)
        if told := self._unlocking(ctx, self._terraform.push_errored_state):
            ctx.say(told)
        return None

    def destroy(self, ctx: Context, *targets: str) -> tuple[Change, ...]:
        """Destroy the targets and what hangs on them, or everything."""
        plan = self._plan(ctx, destroy=True, targets=targets)
        if plan.details:
            return self._unlocking(ctx, lambda: self._terraform.apply(plan, ctx.say))
        # Nothing of the state exists any more: who removed it was killed before that was written down.
        if not targets and (gone := self._terraform.state_list()):
            self._unlocking(ctx, lambda: self._terraform.forget(*gone))
        return ()

    def adopt(self, ctx: Context, backend: Backend) -> bool:
        """Take lost objects into the state, so that destroy knows them; whether the state now holds
        anything."""
        known = set(self._terraform.state_list())
        if self._belongings.find().keys() <= known:
            return bool(known)
        self.await_made(ctx)
        adopted = tuple(sorted(self.look(ctx, backend).addresses("adopt")))
        if adopted:
            plan = self._plan(ctx, targets=adopted)
            self._unlocking(ctx, lambda: self._terraform.apply(plan, ctx.say))
        self._terraform.init(backend, ctx.say)
        return bool(known or adopted)

    def await_made(self, ctx: Context) -> dict[str, str]:
        """Wait until neither the cluster nor its node group is in the making; their status by address."""

        def probe() -> Ready[dict[str, str]] | Pending:
            status = self._belongings.cluster_status()
            moving = [
                f"{address.split('.')[-2]} is {word}"
                for address, word in status.items()
                if word not in _SETTLED
            ]
            return Pending(", ".join(moving)) if moving else Ready(status)

        return ctx.wait_for("what an interrupted run began", probe, deadline=2400, longest=15)

    def _plan(self, ctx: Context, *, destroy: bool = False, targets: tuple[str, ...] = ()) -> Plan:
        return self._unlocking(
            ctx, lambda: self._terraform.plan(self._variables(), ctx.say, destroy=destroy, targets=targets)
        )

    def _refuse_busy(self, beside: str) -> None:
        """A plan would take the state's lock, and be in that run's way."""
        if busy := beside or self._terraform.busy():
            raise LockedError("the state is being worked on", why=busy, fix="look again when it has ended")

    def _idle(self) -> Ready[None] | Pending:
        busy = self._terraform.busy()
        return Pending(busy) if busy else Ready(None)

    def _unlocking(self, ctx: Context, work: Callable[[], T]) -> T:
        """Do it; again without the lock where that is ours and its holder provably dead. A command that only
        looks breaks none but that of its own plan, of which nobody would let go."""

        def dead(error: StaleLockError) -> bool:
            return self._terraform.is_owner_dead(error.holder)

        def ours(error: StaleLockError) -> bool:
            if ctx.read_only is None:
                return dead(error)
            return error.holder.operation == LOOK and self._terraform.is_lock_of_last_process(error.holder)

        for _ in range(TRIES):
            try:
                return work()
            except StaleLockError as error:
                if ctx.read_only is None and error.holder.operation == LOOK and not dead(error):
                    return self._after(ctx, work)
                if not ours(error):
                    raise
                ctx.say(f"the state is locked by our own run of {error.holder.when}, {self._why(error)}")
                self._terraform.unlock(error.holder.id)
        return work()

    def _why(self, error: StaleLockError) -> str:
        lost = self._terraform.is_lock_of_last_process(error.holder)
        return f"{'which was not told so' if lost else 'which was killed'}: unlocking it"

    def _after(self, ctx: Context, work: Callable[[], T]) -> T:
        """Do it as soon as whoever only looks (from another checkout, say) has let go of the state."""
        met: list[StaleLockError] = []

        def probe() -> Ready[T] | Pending:
            try:
                return Ready(work())
            except StaleLockError as error:
                met.append(error)
                if error.holder.operation != LOOK or self._terraform.is_owner_dead(error.holder):
                    raise
                return Pending(f"{error.why}, which only looks")

        try:
            return ctx.wait_for("the state's lock", probe, deadline=PATIENCE)
        except DeadlineError as error:
            raise (met[-1] if met else error) from error
