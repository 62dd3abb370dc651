"""The history that the real helm writes, read and gone back in; the stage is test_deploy's."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from epochctl.errors import DeployError
from epochctl.kube.access import Cluster
from epochctl.steps.deploy import Deploy

sys.path.insert(0, str(Path(__file__).parent))
from test_deploy import BAD, GOOD, NEXT, cluster, context, deployed, plane, said, step

__all__ = ["cluster", "plane", "said", "step"]  # fixtures


def test_back_to_what_was_healthy_and_never_to_what_was_not(
    step: Deploy, cluster: Cluster, said: list[str]
) -> None:
    first, second = deployed(step, cluster, GOOD, said), deployed(step, cluster, NEXT, said)
    with pytest.raises(DeployError):
        step.apply(context(BAD, said))
    releases = step.releases()
    assert releases is not None
    listed = releases.revisions()
    assert [one.revision for one in listed] == [4, 3, 2, 1]
    assert [one.status for one in listed] == ["deployed", "taken back", "superseded", "superseded"]
    assert [one.digest for one in listed] == [NEXT, BAD, NEXT, GOOD]
    assert [bool(one.who) for one in listed] == [False, True, True, True]
    assert {one.chart for one in listed} == {"epoch-0.1.0"}

    back = releases.preview_rollback(None)
    assert (back.current.revision, back.target.revision) == (4, first.revision)
    assert [one.name for one in back.changes] == ["Deployment/epoch"]
    gone_back = step.roll_back(context(NEXT, said), back.target)
    assert (gone_back.revision, gone_back.digest) == (5, GOOD)
    assert "change Deployment/epoch" in step.observe(context(NEXT, said)).changes, "what `up` would do"
    assert step.compare(context(GOOD, said)) == ()
    changed = "\n".join(line for one in step.compare(context(NEXT, said)) for line in one.lines)
    assert NEXT in changed
    assert second.revision == 2


def test_a_rollback_that_does_not_become_healthy_is_taken_back(
    step: Deploy, cluster: Cluster, said: list[str]
) -> None:
    releases = step.releases()
    assert releases is not None
    bad = next(one.revision for one in releases.revisions() if one.digest == BAD)
    with pytest.raises(DeployError) as failure:
        step.roll_back(context(GOOD, said), releases.preview_rollback(bad).target)
    assert "ImagePullBackOff" in failure.value.why
    assert releases.revisions()[0].digest == GOOD
