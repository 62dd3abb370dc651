"""Pain 2: a deploy that cannot become healthy says so soon, with its one cause, and the old one serves."""

from __future__ import annotations

import json
import re
import time
from datetime import datetime

import pytest
from evidence import Evidence
from sandboxed import URL, Sandbox

LIMIT = 240  # four times the promise, from the first sign to the verdict: machines are shared and loaded
# A registry that only the nodes may ask, and that does not have it.
NOWHERE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app@sha256:" + "a" * 64
ELSEWHERE = "registry.k8s.io/pause:3.10"
TIME = re.compile(r"^(\d\d:\d\d:\d\d) deploy +(.*)$", re.M)


def configure(service: Sandbox, *lines: str) -> None:
    (service.directory / "epochctl.toml").write_text("\n".join(("[service]", *lines)) + "\n")


def verdict_seconds(output: str) -> float:
    """From the first thing that was seen of the new pods until the one cause is told."""
    told = [(datetime.strptime(time, "%H:%M:%S"), text) for time, text in TIME.findall(output)]
    first = next(time for time, text in told if "waiting for the pods" in text)
    return (next(time for time, text in told if "does not become healthy: " in text) - first).seconds


def assert_old_one_serves(service: Sandbox) -> None:
    assert service.run("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", URL, seconds=60).endswith(
        "200"
    )


@pytest.mark.parametrize(
    ("injected", "lines", "cause"),
    [
        ("an image that the nodes cannot pull", (f'image = "{NOWHERE}"',), "the image cannot be pulled"),
        (
            "a container that crashes",
            ("[service.env]", 'PYTHONHOME = "/nowhere"'),
            "the container keeps crashing",
        ),
        (
            "a container whose health path never answers",
            ('image = "registry.k8s.io/pause:3.10"',),
            "GET /health on port 8080 does not pass",
        ),
        ("a request that no node can hold", ('cpu = "64"',), "no node takes the pod"),
        (
            "a container that needs more memory than its limit",
            ('memory = "12Mi"', 'memory_limit = "12Mi"'),
            "more memory than its limit (12Mi)",
        ),
    ],
)
def test_the_one_cause_is_named_in_time_and_the_old_revision_serves(
    service: Sandbox, evidence: Evidence, injected: str, lines: tuple[str, ...], cause: str
) -> None:
    with evidence(2, injected) as row:
        configure(service, *lines)
        output = service.epochctl("deploy", code=11)
        row.seconds = verdict_seconds(output)
        assert row.seconds < LIMIT, output
        why = output[output.index("  why:") :]
        assert cause in why.splitlines()[0], output
        assert "  |" in why or cause.startswith("no node"), "the last lines it wrote"
        assert "which still serves" in why
        assert "then epochctl deploy" in why
        assert_old_one_serves(service)
        said = why.splitlines()[0].removeprefix("  why: ")[:110]
        row.happened = f"exit code 11 (promised within 60 s): {said}; the old one serves"


@pytest.mark.parametrize(
    ("injected", "arguments", "lines", "told"),
    [
        ("a Secret that does not exist", (), ('secrets = ["nope"]',), "Secrets that do not exist: nope"),
        (
            "an image tag that does not exist",
            ("--image", "registry.k8s.io/pause:nope"),
            (),
            "there is no image registry.k8s.io/pause:nope",
        ),
    ],
)
def test_what_cannot_be_is_told_before_anything_changes(
    service: Sandbox,
    evidence: Evidence,
    injected: str,
    arguments: tuple[str, ...],
    lines: tuple[str, ...],
    told: str,
) -> None:
    with evidence(2, injected) as row:
        configure(service, *lines)
        output = service.epochctl("deploy", *arguments, code=11)
        assert told in output
        assert "upgrade release" not in output
        assert_old_one_serves(service)
        row.happened = f"exit code 11 before anything was sent: {told}"


def test_an_edited_pod_is_named_and_success_means_the_pushed_digest(
    service: Sandbox, evidence: Evidence
) -> None:
    with evidence(2, "a pod's image changed by hand (kubectl set image pod/...)") as row:
        (service.directory / "epochctl.toml").unlink()
        service.epochctl("deploy")
        path = "jsonpath={.spec.template.spec.containers[0].image}"
        pushed = service.kubectl("get", "deployment/epoch", "-o", path).partition("@")[2]
        edited = running(service)[0][0]
        service.kubectl("set", "image", f"pod/{edited}", f"service={ELSEWHERE}")
        end = time.monotonic() + LIMIT  # until its node has begun it
        while f"heal: pod {edited} runs" not in (told := service.epochctl("diff", "--exit-code", code=None)):
            assert time.monotonic() < end, told
        output = service.epochctl("deploy")
        assert f"pod {edited} runs" in output
        assert "replaced" in output
        pods = running(service)
        assert edited not in dict(pods)
        assert {image.partition("@")[2] for _, image in pods} == {pushed}
        row.happened = (
            "`diff` names the pod and what it runs; `deploy` replaces it, and ends with exit code 0 only "
            "when every pod runs the pushed digest"
        )


def running(service: Sandbox) -> list[tuple[str, str]]:
    """Each pod that is not on its way out, and the image that its node says it runs."""
    items = json.loads(service.kubectl("get", "pods", "-o", "json"))["items"]
    pods = [each for each in items if "deletionTimestamp" not in each["metadata"]]
    return [(pod["metadata"]["name"], pod["status"]["containerStatuses"][0]["imageID"]) for pod in pods]
