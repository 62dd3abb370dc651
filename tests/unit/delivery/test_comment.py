"""The comment on a pull request: risks first, whole blocks, a limited length, and what was reviewed."""

from __future__ import annotations

import re
from typing import Any

import pytest

from epochctl.delivery import plan_text
from epochctl.delivery.comment import LIMIT, Review, marker, read_record, render
from epochctl.tools.terraform.proposal import Move, Proposal, fingerprint, moves, read

BLOCK = """  # module.cluster.aws_eks_node_group.{name} {what}
  -/+ resource "aws_eks_node_group" "{name}" {{
      ~ instance_types = [ # forces replacement
          - "t3.medium",
          + "t3.large",
        ]
    }}"""


def text(*names: str, what: str = "must be replaced") -> str:
    told = "\n\n".join(BLOCK.format(name=name, what=what) for name in names)
    return f"Terraform will perform the following actions:\n\n{told}\n\nPlan: 1 to add.\n"


def proposal(*names: str, action: str = "replace", region: str = "us-west-2", **more: Any) -> Proposal:
    why = "instance_types: cannot be changed in place" if action == "replace" else ""
    found = tuple(Move(f"module.cluster.aws_eks_node_group.{name}", action, why) for name in names)
    fields: dict[str, Any] = {"text": text(*names), "commit": "c" * 40, "inputs": "i" * 64, **more}
    return Proposal(region, 7, "line", "sha256:" + "a" * 64, found, **fields)


def test_what_is_destroyed_or_replaced_comes_first_and_says_why() -> None:
    told = render(Review("epoch-production", (proposal("this"),), head="abc", run_url="https://x/run"))
    assert told.startswith(marker("epoch-production"))
    row = "| us-west-2 | **replaced** | `module.cluster.aws_eks_node_group.this` | instance_types: cannot"
    assert row in told
    assert told.index(row) < told.index("<details>") < told.index('- "t3.medium"') < told.index("</details>")
    assert "state serial 7" in told
    assert "[the run](https://x/run)" in told


def test_a_plan_without_risks_says_so() -> None:
    told = render(Review("e", (proposal("this", action="update"),)))
    assert "Nothing is destroyed or replaced." in told
    assert "| us-west-2 | 0 | 1 | 0 | 0 | 0 |" in told


def test_the_comment_carries_what_was_reviewed_and_no_more() -> None:
    one = proposal("this")
    head, plans = read_record(render(Review("e", (one, proposal("b", region="eu-west-1")), head="f" * 40)))
    assert head == "f" * 40
    assert [plan.region for plan in plans] == ["us-west-2", "eu-west-1"]
    assert (plans[0].hash, plans[0].serial, plans[0].inputs) == (one.hash, 7, one.inputs)
    assert plans[0].text == ""
    assert read_record("words of a person") == ("", ())


@pytest.mark.parametrize("count", [300, 3000])
def test_too_much_is_cut_between_blocks_and_rows_and_says_what_is_missing(count: int) -> None:
    names = [f"number_{index:04}" for index in range(count)]
    plans = (proposal(*names), proposal(*names, region="eu-west-1"))
    told = render(Review("epoch-production", plans, head="abc"))
    assert LIMIT // 2 < len(told.encode()) <= LIMIT
    assert told.count("<details>") == told.count("</details>") == 2
    assert len(re.findall("^```", told, re.M)) == 4
    whole = BLOCK.format(name="X", what="must be replaced")
    for shown in re.findall(r"^  # module.*?^    \}$", told, re.M | re.S):
        assert re.sub(r"number_\d{4}", "X", shown) == whole
    assert told.count("did not fit here") == 2
    assert all(row.endswith("|") for row in told.splitlines() if row.startswith("| "))
    assert read_record(told)[1][0].hash == plans[0].hash


def test_a_block_larger_than_everything_is_named_and_left_out() -> None:
    large = "x" * 70_000
    one = proposal("small", "large")
    one = Proposal(
        **{
            **vars(one),
            "text": one.text.replace('"t3.large",\n        ]\n    }\n\nPlan', f'"{large}",\n    }}\n\nPlan'),
        }
    )
    told = render(Review("e", (one,)))
    assert len(told.encode()) <= LIMIT
    assert "aws_eks_node_group.small must" in told
    assert "1 part of the plan did not fit here: `module.cluster.aws_eks_node_group.large`" in told


def test_risky_blocks_have_room_before_harmless_ones() -> None:
    names = [f"number_{index:04}" for index in range(600)]
    found = (*(Move(f"module.cluster.aws_eks_node_group.{name}", "update") for name in names[:-1]),)
    risk = Move(f"module.cluster.aws_eks_node_group.{names[-1]}", "delete", "is gone")
    one = Proposal("us-west-2", 1, "l", "sha256:0", (*found, risk), text(*names))
    assert f"# module.cluster.aws_eks_node_group.{names[-1]} must be replaced" in render(Review("e", (one,)))


def test_a_plan_that_could_not_be_made_is_named() -> None:
    assert "**The plan of eu-west-1 could not be made**" in render(Review("e", failed=("eu-west-1",)))


def test_backticks_and_bars_of_a_plan_break_nothing() -> None:
    one = Proposal(
        "r", 1, "l", "h", (Move('a["|`"]', "delete", "a|b"),), '  # a["|`"] will be destroyed\n  ```'
    )
    told = render(Review("e", (one,)))
    assert '| r | **destroyed** | `a["\\|\'"]` | a\\|b |' in told
    assert "````text" in told


def test_every_line_of_a_plan_is_in_one_block() -> None:
    whole = text("a", "b")
    found = plan_text.split(whole)
    assert [block.address.rpartition(".")[2] for block in found] == ["", "a", "b", ""]
    assert "\n\n".join(block.text for block in found) == whole.strip("\n")


def shown(**change: Any) -> dict[str, Any]:
    given = {"actions": ["update"], "before": {"n": 1, "status": "A"}, "after": {"n": 2, "status": "A"}}
    one = {"address": "a.b", "mode": "managed", "change": {**given, "after_unknown": {}, **change}}
    return {"resource_changes": [one], "output_changes": {}}


def test_a_hash_tells_plans_apart_by_what_they_do() -> None:
    one = fingerprint(shown())
    moved = {"before": {"n": 1, "status": "B"}, "after": {"n": 2, "status": "B"}}
    assert fingerprint(shown(**moved)) == one  # what does not change may be anything
    assert fingerprint(shown(after={"n": 3, "status": "A"})) != one
    assert fingerprint(shown(before={"n": 0, "status": "A"})) != one
    assert fingerprint(shown(actions=["delete", "create"])) != one
    tagged = {"before": {"tags": {"epochctl:expires": "1"}}, "after": {"tags": {"epochctl:expires": "2"}}}
    later = {"before": {"tags": {"epochctl:expires": "1"}}, "after": {"tags": {"epochctl:expires": "3"}}}
    assert fingerprint(shown(**tagged)) == fingerprint(shown(**later))


def test_moves_say_why() -> None:
    replaced = shown(actions=["delete", "create"], replace_paths=[["instance_types"], ["disk", 0]])
    replaced["resource_changes"][0]["action_reason"] = "replace_because_cannot_update"
    assert moves(replaced) == (Move("a.b", "replace", "instance_types, disk.0: cannot be changed in place"),)
    assert moves(shown(actions=["no-op"])) == ()
    assert moves(shown(actions=["no-op"], importing={"id": "i"})) == (Move("a.b", "adopt"),)
    gone = shown(actions=["delete"], after=None)
    gone["resource_changes"][0]["action_reason"] = "delete_because_each_key"
    assert moves(gone) == (Move("a.b", "delete", "its key is not in for_each any more"),)


def test_a_proposal_survives_its_file() -> None:
    assert read(proposal("this").written()) == proposal("this")
    for broken in ("[]", "{}", '{"region": 1}', "no json"):
        with pytest.raises(ValueError, match=r"."):
            read(broken)
