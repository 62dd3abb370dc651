"""Replication of ECR: a real client pushes in one region and pulls the same digest in another."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from .conftest import RunningInstance

SECONDS = 40.0
REGISTRY = "123456789012.dkr.ecr.{}.amazonaws.com"
RULES = """
import boto3, json
destination = {{"region": "us-east-1", "registryId": "123456789012"}}
rule = lambda *prefixes: {{"destinations": [destination], "repositoryFilters":
    [{{"filter": each, "filterType": "PREFIX_MATCH"}} for each in prefixes]}}
ecr = boto3.client("ecr", "us-west-2")
ecr.put_replication_configuration(replicationConfiguration={{"rules": [rule("theirs"), rule("epoch-")]}})
for name in {names!r}:
    ecr.create_repository(repositoryName=name)
rules = ecr.describe_registry()["replicationConfiguration"]["rules"]
print([each["repositoryFilters"][0]["filter"] for each in rules])
"""
STATUS = """
import boto3, json
asked = dict(repositoryName="epoch-production", imageId={"imageTag": "v1"})
ecr = boto3.client("ecr", "us-west-2")
found = ecr.describe_image_replication_status(**asked)["replicationStatuses"]
east = boto3.client("ecr", "us-east-1").describe_repositories()["repositories"]
statuses = [(each["region"], each["status"]) for each in found]
print(json.dumps([statuses, [each["repositoryName"] for each in east]]))
"""


@pytest.fixture(scope="module")
def crane(instance: RunningInstance, tmp_path_factory: pytest.TempPathFactory) -> Crane:
    return Crane(instance, tmp_path_factory.mktemp("login"))


class Crane:
    """A real registry client in the instance, logged in to both regions' registries."""

    def __init__(self, instance: RunningInstance, login: Path) -> None:
        self._instance, self._login = instance, login
        for region in ("us-west-2", "us-east-1"):
            registry = REGISTRY.format(region)
            self("auth", "login", registry, "-u", "AWS", "-p", "123456789012-auth-token")

    def __call__(self, *arguments: str) -> str:
        done = self._instance.call("exec", "--", "crane", *arguments, DOCKER_CONFIG=str(self._login))
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


def image(region: str, reference: str) -> str:
    return f"{REGISTRY.format(region)}/{reference}"


def test_what_is_pushed_in_one_region_is_pulled_in_another_by_the_same_digest(
    instance: RunningInstance, crane: Crane, tmp_path: Path
) -> None:
    names = ["epoch-production", "other"]
    assert instance.python(RULES.format(names=names)) == "['theirs', 'epoch-']"
    for name in names:
        crane("copy", "registry.k8s.io/pause:3.10", image("us-west-2", f"{name}:v1"))
    digest = crane("digest", image("us-west-2", "epoch-production:v1"))
    deadline = time.monotonic() + SECONDS
    while (found := json.loads(instance.python(STATUS)))[0] != [["us-east-1", "COMPLETE"]]:
        assert time.monotonic() < deadline, found
        time.sleep(0.3)
    assert found[1] == ["epoch-production"]  # made by the replication, as on AWS; `other` fits no rule
    assert crane("digest", image("us-east-1", "epoch-production:v1")) == digest
    crane("pull", image("us-east-1", f"epoch-production@{digest}"), str(tmp_path / "image.tar"))
    assert (tmp_path / "image.tar").stat().st_size > 1000
    assert "ecr/replication us-west-2 epoch- us-east-1" in instance.call("inventory").stdout
