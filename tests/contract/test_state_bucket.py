"""The state bucket against an emulated S3: made once, set up whole, deleted only when no state needs it."""

from __future__ import annotations

import json

import pytest

from epochctl.aws.session import Aws
from epochctl.aws.state_bucket import StateBucket
from epochctl.errors import InfrastructureError

ACCOUNT = "123456789012"


@pytest.fixture(params=["us-west-2", "us-east-1"])
def aws(request: pytest.FixtureRequest, emulated: None, monkeypatch: pytest.MonkeyPatch) -> Aws:
    monkeypatch.setattr("moto.s3.models.FakeBucket.get_permission", _neutral)
    return Aws(request.param)


def _neutral(*_: object) -> object:
    from moto.iam.access_control import PermissionResult

    return PermissionResult.NEUTRAL  # moto reads no conditions: it would refuse everything, TLS or not


def test_made_once_and_private(aws: Aws) -> None:
    bucket, s3 = StateBucket(aws), aws.client("s3")
    assert not bucket.exists(ACCOUNT)
    assert bucket.ensure(ACCOUNT)
    assert not bucket.ensure(ACCOUNT)
    name = bucket.name(ACCOUNT)
    assert name == f"epochctl-state-{ACCOUNT}-{aws.region}"
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    assert all(s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"].values())
    assert "aws:SecureTransport" in s3.get_bucket_policy(Bucket=name)["Policy"]
    assert s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]


def test_a_half_made_bucket_is_finished(aws: Aws) -> None:
    bucket = StateBucket(aws)
    bucket._create(ACCOUNT)
    assert not bucket.ensure(ACCOUNT)
    assert aws.client("s3").get_bucket_versioning(Bucket=bucket.name(ACCOUNT))["Status"] == "Enabled"


def test_deleted_only_when_every_state_is_empty(aws: Aws) -> None:
    bucket, s3 = StateBucket(aws), aws.client("s3")
    bucket.ensure(ACCOUNT)
    name = bucket.name(ACCOUNT)
    s3.put_object(Bucket=name, Key="a/terraform.tfstate", Body=json.dumps({"resources": []}))
    s3.put_object(
        Bucket=name, Key="b/terraform.tfstate", Body=json.dumps({"resources": [{"type": "aws_vpc"}]})
    )
    assert bucket.has_state(ACCOUNT, "a/terraform.tfstate")
    assert not bucket.has_state(ACCOUNT, "c/terraform.tfstate")
    with pytest.raises(InfrastructureError, match="b/terraform"):
        bucket.delete_if_unused(ACCOUNT)
    asked = {"mode": "data", "type": "aws_region"}  # what a down that was killed at its end may leave
    s3.put_object(Bucket=name, Key="b/terraform.tfstate", Body=json.dumps({"resources": [asked]}))
    assert bucket.delete_if_unused(ACCOUNT) == (f"state bucket {name}",)
    assert bucket.delete_if_unused(ACCOUNT) == ()
