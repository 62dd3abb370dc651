"""What is passed: the reviewed plan, and of it what is left after a part was applied. Nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from epochctl.errors import PlanChangedError, ReviewError
from epochctl.steps.infra_up.review import Review, Reviewed, review_differences
from epochctl.tools.terraform import Change, Plan, Proposal

SAME = Proposal("us-west-2", 4, "line", "sha256:a", commit="c" * 40, inputs="files")


class Terraform:
    def propose(self, plan: Plan) -> Proposal:
        return SAME


def plan(*changes: tuple[str, str]) -> Plan:
    details = tuple(Change(address, action) for address, action in changes)
    return Plan(Path("plan"), tuple(map(str, details)), details, True)


def review(reviewed: Reviewed | None) -> Review:
    terraform: Any = Terraform()
    return Review(terraform, "us-west-2", reviewed)


GIVEN = Reviewed((SAME,), (("us-west-2", "files"),))


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"inputs": "others"}, "the files that it depends on are not those of cccccccccccc"),
        ({"lineage": "other"}, "the state is another one"),
        ({"serial": 3}, "serial 3 was reviewed, 4 is there"),
        ({"hash": "sha256:b"}, "it would do something else"),
        ({"region": "us-east-1"}, "no plan of this region was reviewed"),
    ],
)
def test_another_plan_is_refused_and_the_difference_named(other: dict[str, Any], words: str) -> None:
    given = Reviewed((replace(SAME, **other),), GIVEN.inputs)
    with pytest.raises(ReviewError) as error:
        review(given).check(plan(("a.b", "replace")))
    assert words in error.value.why
    assert "replace a.b" in error.value.why
    assert error.value.exit_code == 18


def test_the_reviewed_plan_is_passed_and_so_is_what_is_left_of_it() -> None:
    judged = review(GIVEN)
    judged.check(plan(("a.b", "create"), ("a.c", "update")))
    judged.check_rest(plan(("a.b", "adopt"), ("a.c", "update")))
    with pytest.raises(ReviewError, match="reviewed") as error:
        judged.check_rest(plan(("a.b", "create"), ("a.d", "delete")))
    assert "not in the reviewed plan: delete a.d" in error.value.why
    assert "a.b" not in error.value.why.partition("it would:")[0]


def test_who_asks_for_no_review_may_apply_everything() -> None:
    review(None).check(plan(("a.b", "delete")))
    review(None).check_rest(plan(("a.b", "delete")))


def test_everything_that_differs_is_told_at_once() -> None:
    assert len(review_differences(replace(SAME, serial=1, hash="sha256:b"), SAME, "other")) == 3
    assert review_differences(SAME, SAME, "files") == ()


def test_what_is_left_of_an_agreed_plan_has_nothing_new() -> None:
    made = review(None)
    made.check(plan(("a.b", "create"), ("c.d", "update")), agreed=True)
    made.check_rest(plan(("a.b", "adopt"), ("c.d", "update")))
    with pytest.raises(PlanChangedError) as error:
        made.check_rest(plan(("e.f", "delete")))
    assert "e.f" in error.value.why


def test_without_a_review_or_an_agreement_every_rest_passes() -> None:
    made = review(None)
    made.check(plan(("a.b", "create")))
    made.check_rest(plan(("e.f", "delete")))
