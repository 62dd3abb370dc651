"""status is one screen: what is there, and what is still due."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from epochctl import outputs
from epochctl.aws.elbv2 import Target, TargetGroup
from epochctl.cli.app import run
from epochctl.workflow.step import Context, Observation


class Deployed:
    name, needs, produces = "deploy", (), outputs.Release

    def observe(self, ctx: Context) -> Observation:
        release = outputs.Release(3, "epoch-production", "sha256:abc", "https://epoch.example.com/", "lb.aws")
        return Observation(release, ("one pod does not run the image",), True)


class Blind:
    name, needs, produces = "acm-cert", (), outputs.Certificate

    def observe(self, ctx: Context) -> Observation:
        return Observation(None, ("wait until ACM issues the certificate",))


@pytest.fixture
def _world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def groups(self: object, cluster: str) -> tuple[TargetGroup, ...]:
        return (TargetGroup("arn", "k8s", ("lb",)),)

    def health(self: object, arn: str) -> tuple[Target, ...]:
        return (Target("10.0.0.7", 8080, "unhealthy", "Target.Timeout", "Request timed out"),)

    steps: list[Any] = [Blind(), Deployed()]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("API_HOSTNAME", "epoch.example.com")
    monkeypatch.setattr("epochctl.steps.catalog.make_steps", lambda *given: steps)
    monkeypatch.setattr("epochctl.aws.session.Aws.account_id", lambda self: "123456789012")
    monkeypatch.setattr("epochctl.aws.eks.Eks.describe", lambda self, cluster: None)
    monkeypatch.setattr("epochctl.aws.lock_object.LockObject.read", lambda self: None)
    monkeypatch.setattr("epochctl.aws.elbv2.Elbv2.target_groups", groups)
    monkeypatch.setattr("epochctl.aws.elbv2.Elbv2.target_health", health)


@pytest.mark.usefixtures("_world")
def test_it_shows_what_is_there_and_what_is_due(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["status"]) == 0
    out = capsys.readouterr().out
    for line in (
        "url            https://epoch.example.com/",
        "certificate    wait until ACM issues the certificate",
        "release        revision 3 in epoch-production",
        "image          sha256:abc",
        "load balancer  lb.aws",
        "pods           there is no cluster epoch-production in us-west-2",
        "targets        0 of 1 healthy\n               10.0.0.7:8080 unhealthy Request timed out",
        "lock           free",
        "  deploy: one pod does not run the image",
    ):
        assert line in out
