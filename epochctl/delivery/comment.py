"""The text of the comment with a pull request's plans: risks first, then each plan, cut between blocks.

The comment also holds, in an HTML comment, what a later run compares its plan with.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from epochctl.delivery import plan_text
from epochctl.tools.terraform.proposal import Move, Proposal

LIMIT = 65_536  # of a comment, in characters; counted here in bytes, which are never fewer
SUMMARY_LIMIT = 1_000_000  # of a job's summary, in bytes, a little less than what is allowed
_RISKS_SHARE = 3  # the table of risks gets a third of the room at most
_RECORD = re.compile(r"<!-- epochctl-reviewed ([A-Za-z0-9_=-]+) -->")
_WORDS = {"delete": "destroyed", "replace": "replaced"}
_COUNTED = ("create", "update", "replace", "delete", "adopt")


@dataclass(frozen=True)
class Review:
    """What the comment is about.

    name: of the environment; failed: regions whose plan failed; head: the commit that is reviewed; run_url:
    of the workflow run; note: a line above everything.
    """

    name: str
    proposals: tuple[Proposal, ...] = ()
    failed: tuple[str, ...] = ()
    head: str = ""
    run_url: str = ""
    note: str = ""


def marker(name: str) -> str:
    """Return the first line of an environment's comment, by which it is found again."""
    return f"<!-- epochctl plan of {name} -->"


def render(review: Review, limit: int = LIMIT) -> str:
    """Return the comment, at most `limit` bytes long."""
    top = "\n".join((marker(review.name), f"### Plan of {review.name}", "", *_notes(review)))
    last = "\n".join((_footer(review), _record(review)))
    room = limit - len(top.encode()) - len(last.encode()) - 4
    risks = _risks(review, room // _RISKS_SHARE)
    counts = _counts(review)
    room -= len(risks.encode()) + len(counts.encode()) + 4
    return "\n\n".join(part for part in (top, risks, counts, *_plans(review, room), last) if part)


def read_record(body: str) -> tuple[str, tuple[Proposal, ...]]:
    """Return (head, plans without their text) from a comment; ("", ()) if it holds none."""
    found = _RECORD.search(body)
    if found is None:
        return "", ()
    record = json.loads(base64.urlsafe_b64decode(found[1]))
    return str(record["head"]), tuple(Proposal(**plan) for plan in record["plans"])


def _notes(review: Review) -> tuple[str, ...]:
    failed = tuple(f"**The plan of {region} could not be made**: see the run." for region in review.failed)
    return (*((review.note, "") if review.note else ()), *failed)


def _risks(review: Review, room: int) -> str:
    """Return a table of what is destroyed or replaced, and why; whole rows only."""
    found = [(one.region, move) for one in review.proposals for move in one.risks]
    if not review.proposals:
        return ""
    if not found:
        return "Nothing is destroyed or replaced."
    lines = ["| region | what happens | resource | why |", "|---|---|---|---|"]
    for index, (region, move) in enumerate(found):
        row = _row(region, move)
        if sum(len(line.encode()) + 1 for line in (*lines, row)) > room - 100:
            return "\n".join((*lines, "", f"and {len(found) - index} more: see the run."))
        lines.append(row)
    return "\n".join(lines)


def _row(region: str, move: Move) -> str:
    why = _cell(move.why) or "not told"
    return f"| {region} | **{_WORDS[move.action]}** | `{_cell(move.address)}` | {why} |"


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("`", "'").replace("\n", " ")


def _counts(review: Review) -> str:
    if not review.proposals:
        return ""
    lines = [f"| region | {' | '.join(_COUNTED)} |", "|---" * (len(_COUNTED) + 1) + "|"]
    for one in review.proposals:
        numbers = [sum(move.action == action for move in one.moves) for action in _COUNTED]
        lines.append(f"| {one.region} | {' | '.join(str(number) for number in numbers)} |")
    return "\n".join(lines)


def _plans(review: Review, room: int) -> list[str]:
    """Return each plan in a collapsed section. Room that one does not need is left to the next."""
    sections = list[str]()
    for index, one in enumerate(review.proposals):
        share = room // (len(review.proposals) - index)
        sections.append(_plan(one, share - 2))
        room -= len(sections[-1].encode()) + 2
    return [part for part in sections if part]


def _plan(one: Proposal, room: int) -> str:
    if not one.moves and not one.text:
        return ""
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", one.text) or [""]))
    head = f"<details><summary>{one.region}: {_summary(one)}</summary>\n\n{fence}text\n"
    foot = f"\n{fence}\n\n</details>"
    names = 400  # for the names of the blocks that do not fit
    inside = room - len((head + foot).encode()) - names
    kept, missing = plan_text.fit(plan_text.split(one.text), inside, {move.address for move in one.risks})
    if not kept:
        return _missing(missing) if missing and room > names else ""
    return head + kept + (f"\n{fence}\n\n{_missing(missing)}\n\n</details>" if missing else foot)


def _summary(one: Proposal) -> str:
    counted = [(action, sum(move.action == action for move in one.moves)) for action in _COUNTED]
    parts = [f"{number} to {action}" for action, number in counted if number]
    return ", ".join(parts) or "nothing changes"


def _missing(left: Sequence[plan_text.Block]) -> str:
    names, addresses = "", [block.address for block in left if block.address]
    for address in addresses:
        if len(names) + len(address) > 250:
            names += " and others,"
            break
        names += f" `{_cell(address)}`,"
    count = f"{len(left)} part{'s' * (len(left) != 1)} of the plan"
    named = f"{':' if names else ''}{names.rstrip(',')}"
    return f"{count} did not fit here{named}. The whole plan: the run's summary."


def _footer(review: Review) -> str:
    lines = [
        f"{one.region}: state serial {one.serial}, plan `{one.hash[:19]}`"
        for one in review.proposals
    ]  # fmt: skip
    where = f"commit `{review.head[:12]}`" if review.head else ""
    link = f"[the run]({review.run_url})" if review.run_url else ""
    return "<sub>" + "; ".join(part for part in (where, *lines, link) if part) + "</sub>"


def _record(review: Review) -> str:
    if not review.proposals:
        return ""
    plans = [asdict(replace(one, text="", moves=())) for one in review.proposals]
    record = json.dumps({"head": review.head, "plans": plans}, separators=(",", ":"))
    return f"<!-- epochctl-reviewed {base64.urlsafe_b64encode(record.encode()).decode()} -->"
