"""Only what was reviewed is applied: the same files, the same state, the same changes. Knows one region.

Where nobody asks for a review, everything is admitted: then it is a person who looks at the plan.
"""

from __future__ import annotations

from dataclasses import dataclass

from epochctl.errors import ReviewError
from epochctl.tools.terraform import Plan, Proposal, Terraform

_ANEW = (
    "plan again and review that: run the pull request's checks again, or `epochctl infra plan --save FILE`"
)


@dataclass(frozen=True)
class Reviewed:
    """Plans that were reviewed, and a digest of the files here that the plan depends on, by region."""

    proposals: tuple[Proposal, ...]
    inputs: tuple[tuple[str, str], ...] = ()

    def of(self, region: str) -> Proposal | None:
        return next((one for one in self.proposals if one.region == region), None)


class Review:
    """reviewed: None where none is asked for."""

    def __init__(self, terraform: Terraform, region: str, reviewed: Reviewed | None) -> None:
        self._terraform, self._region, self._reviewed = terraform, region, reviewed
        self._admitted: frozenset[tuple[str, str]] = frozenset()

    def admit(self, plan: Plan) -> None:
        """Raises ReviewError where it is not the reviewed one."""
        if self._reviewed is None:
            return
        present, reviewed = self._terraform.propose(plan), self._reviewed.of(self._region)
        if reviewed is None:
            raise self._refusal(("no plan of this region was reviewed",), plan)
        inputs = dict(self._reviewed.inputs).get(self._region, "")
        if found := compare(reviewed, present, inputs):
            raise self._refusal(found, plan)
        self._admitted = frozenset((change.address, change.action) for change in plan.details)

    def admit_rest(self, plan: Plan) -> None:
        """Of an admitted plan that could be applied in part only. Raises ReviewError where there is more."""
        if self._reviewed is None:
            return
        admitted = self._admitted | {
            (address, "adopt") for address, action in self._admitted if action == "create"
        }
        more = [str(one) for one in plan.details if (one.address, one.action) not in admitted]
        if more:
            raise self._refusal(tuple(f"not in the reviewed plan: {line}" for line in more), plan)

    def _refusal(self, why: tuple[str, ...], plan: Plan) -> ReviewError:
        due = "\n".join(f"  {line}" for line in plan.changes[:20])
        return ReviewError(
            f"the plan of {self._region} is not the one that was reviewed; nothing was changed",
            why="\n".join((*why, "it would:", due)),
            fix=_ANEW,
        )


def compare(reviewed: Proposal, present: Proposal, inputs: str) -> tuple[str, ...]:
    """What tells the two apart, in words; () for the same. inputs: of the files here."""
    found = list[str]()
    if reviewed.inputs != inputs:
        found.append(f"the files that it depends on are not those of {reviewed.commit[:12] or 'the review'}")
    if reviewed.lineage != present.lineage:
        found.append("the state is another one")
    elif reviewed.serial != present.serial:
        found.append(
            f"the state has moved on: serial {reviewed.serial} was reviewed, {present.serial} is there"
        )
    if reviewed.hash != present.hash:
        found.append(
            f"it would do something else: {reviewed.hash[:19]} was reviewed, this is {present.hash[:19]}"
        )
    return tuple(found)
