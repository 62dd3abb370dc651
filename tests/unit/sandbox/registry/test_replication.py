"""Replication: whose pushes go where, in which order, and what AWS refuses of its configuration."""

from __future__ import annotations

import threading
import time
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.moto_patches import ecr_replication
from sandbox.moto_patches.ecr_images import record_push
from sandbox.moto_patches.ecr_replication import destinations
from sandbox.registry import replication as module
from sandbox.registry.replication import ImageReplication, Push

BODY = b'{"schemaVersion": 2}'
PUSH = Push("epoch", BODY, "sha256:" + "a" * 64, "v1", "application/vnd.oci.image.manifest.v1+json")


@pytest.fixture
def replication(account: None, monkeypatch: pytest.MonkeyPatch) -> ImageReplication:
    made = ImageReplication("http://upstream.test")
    ecr_replication.install(made.progress)
    monkeypatch.setattr(module, "DELAY_SECONDS", 0.0)
    return made


def configure(*rules: tuple[str, str]) -> None:
    """Rules by prefix ("" for all repositories) and destination region."""
    asked: list[Any] = [
        {
            "destinations": [{"region": region, "registryId": "123456789012"}],
            **({"repositoryFilters": [{"filter": prefix, "filterType": "PREFIX_MATCH"}]} if prefix else {}),
        }
        for prefix, region in rules
    ]
    ecr = boto3.client("ecr", "us-west-2")
    ecr.put_replication_configuration(replicationConfiguration={"rules": asked})


@pytest.mark.usefixtures("replication")
def test_rules_stand_beside_one_another_and_go_by_prefix() -> None:
    assert destinations("us-west-2", "epoch") == []
    configure(("epoch", "us-east-1"), ("", "eu-west-1"), ("epoch-x", "us-east-1"))
    assert destinations("us-west-2", "epoch-x") == ["us-east-1", "eu-west-1"]
    assert destinations("us-west-2", "other") == ["eu-west-1"]
    assert destinations("us-east-1", "epoch") == []


@pytest.mark.usefixtures("replication")
@pytest.mark.parametrize("rules", [[("", "us-west-2")], [("epoch", "us-east-1")] * 11])
def test_what_aws_refuses_is_refused(rules: list[tuple[str, str]]) -> None:
    with pytest.raises(ClientError, match="InvalidParameterException"):
        configure(*rules)


def test_a_push_arrives_and_says_so_and_one_that_cannot_has_failed(
    replication: ImageReplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    ecr = boto3.client("ecr", "us-west-2")
    ecr.create_repository(repositoryName="epoch")
    configure(("epoch", "us-east-1"), ("epoch", "eu-west-1"))
    monkeypatch.setattr(replication, "_copy", lambda region, push: region == "us-east-1")
    record_push("us-west-2", PUSH.repository, PUSH.body, PUSH.digest, PUSH.tag, PUSH.media_type)
    replication.enqueue("us-west-2", PUSH)
    assert set(statuses().values()) == {"IN_PROGRESS"}
    replication.start()
    deadline = time.monotonic() + 5
    while "IN_PROGRESS" in statuses().values():
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)  # who only asks may keep whoever copies from its turn for all that time
    assert statuses() == {"us-east-1": "COMPLETE", "eu-west-1": "FAILED"}


def statuses() -> dict[str, str]:
    asked: Any = {"repositoryName": "epoch", "imageId": {"imageTag": "v1"}}
    answer = boto3.client("ecr", "us-west-2").describe_image_replication_status(**asked)
    return {each["region"]: each["status"] for each in answer["replicationStatuses"]}
