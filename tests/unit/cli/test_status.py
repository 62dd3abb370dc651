"""status is one screen: what is there, and what is still due."""

from __future__ import annotations

from pathlib import Path

import pytest
from doubles import FakeClients, FakeSteps, injected

from epochctl import outputs
from epochctl.aws.elbv2 import Target
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


def test_it_shows_what_is_there_and_what_is_due(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("API_HOSTNAME", "epoch.example.com")
    targets = (Target("10.0.0.7", 8080, "unhealthy", "Target.Timeout", "Request timed out"),)
    steps = FakeSteps(acm_cert=Blind(), deploy=Deployed())
    assert run(["status"], injected(steps, clients=lambda region: FakeClients(region, targets=targets))) == 0
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
