"""Applies only what was reviewed: the same files, the same state, the same changes, of one region.

A plan that a person agreed to at the terminal is checked only for what is left after a part was applied;
without a review or an agreement every plan passes.
"""

from __future__ import annotations

from dataclasses import dataclass

from epochctl.command import Command
from epochctl.errors import PlanChangedError, ReviewError
from epochctl.tools.terraform import Plan, Proposal, Terraform

_PLAN_AGAIN = (
    "plan again and review that: run the pull request's checks again, or "
    f"`{Command('infra', 'plan', '--save', 'FILE')}`"
)


@dataclass(frozen=True)
class Reviewed:
    """Reviewed plans, and by region a digest of the local files that its plan depends on."""

    proposals: tuple[Proposal, ...]
    inputs: tuple[tuple[str, str], ...] = ()

    def of(self, region: str) -> Proposal | None:
        """Return the reviewed plan of a region, or None."""
        return next((one for one in self.proposals if one.region == region), None)


class Review:
    """Compares plans with the reviewed one. reviewed: None where no review is required."""

    def __init__(self, terraform: Terraform, region: str, reviewed: Reviewed | None) -> None:
        self._terraform, self._region, self._reviewed = terraform, region, reviewed
        self._passed: frozenset[tuple[str, str]] | None = None  # None: every plan passes

    def check(self, plan: Plan, *, agreed: bool = False) -> None:
        """Raise ReviewError if the plan is not the reviewed one. agreed: a person agreed to this plan."""
        changes = frozenset((change.address, change.action) for change in plan.details)
        if self._reviewed is None:
            self._passed = changes if agreed else None
            return
        proposed, reviewed = self._terraform.propose(plan), self._reviewed.of(self._region)
        if reviewed is None:
            raise self._refusal(("no plan of this region was reviewed",), plan)
        inputs = dict(self._reviewed.inputs).get(self._region, "")
        if found := review_differences(reviewed, proposed, inputs):
            raise self._refusal(found, plan)
        self._passed = changes

    def check_rest(self, plan: Plan) -> None:
        """Raise ReviewError if the plan has more changes than the checked one, which was applied in part."""
        if self._passed is None:
            return
        adopted = {(address, "adopt") for address, action in self._passed if action == "create"}
        more = [str(one) for one in plan.details if (one.address, one.action) not in self._passed | adopted]
        if more and self._reviewed is None:
            raise PlanChangedError(
                f"the plan of {self._region} has changes that you did not agree to",
                why="\n".join(more),
                fix=Command("up"),
            )
        if more:
            raise self._refusal(tuple(f"not in the reviewed plan: {line}" for line in more), plan)

    def _refusal(self, why: tuple[str, ...], plan: Plan) -> ReviewError:
        changes = "\n".join(f"  {line}" for line in plan.changes[:20])
        return ReviewError(
            f"the plan of {self._region} is not the one that was reviewed; nothing was changed",
            why="\n".join((*why, "it would:", changes)),
            fix=_PLAN_AGAIN,
        )


def review_differences(reviewed: Proposal, proposed: Proposal, inputs: str) -> tuple[str, ...]:
    """Return how the two plans differ, a line each; () for the same. inputs: digest of the local files."""
    found = list[str]()
    if reviewed.inputs != inputs:
        found.append(f"the files that it depends on are not those of {reviewed.commit[:12] or 'the review'}")
    if reviewed.lineage != proposed.lineage:
        found.append("the state is another one")
    elif reviewed.serial != proposed.serial:
        found.append(
            f"the state has moved on: serial {reviewed.serial} was reviewed, {proposed.serial} is there"
        )
    if reviewed.hash != proposed.hash:
        found.append(
            f"it would do something else: {reviewed.hash[:19]} was reviewed, this is {proposed.hash[:19]}"
        )
    return tuple(found)
