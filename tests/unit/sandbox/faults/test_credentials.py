"""Credentials that run out: the engineer's by a fault, a session's by its own lifetime."""

from __future__ import annotations

import datetime
import json
from typing import Any

import boto3
import pytest

from sandbox.faults import expired_credentials, short_sessions
from sandbox.faults.fault import FaultContext
from sandbox.moto_patches import identity, sts_sessions
from sandbox.moto_patches.error_formats import EXPIRED
from sandbox.moto_patches.identity import Caller

NOBODY: Any = None
ROLE = "arn:aws:iam::123456789012:role/"


@pytest.fixture
def engineer(account: None) -> Caller:
    identity.install()
    return identity.create_user()


def context(signed_in: list[Caller]) -> FaultContext:
    return FaultContext(NOBODY, NOBODY, NOBODY, NOBODY, lambda: signed_in.append(identity.renew_access_key()))


def session_of(who: Caller) -> dict[str, str]:
    """A client of its own: boto3's default session belongs to nobody."""
    sts = boto3.Session(who.access_key_id, who.secret_access_key).client("sts", "us-west-2")
    return dict(sts.get_session_token(DurationSeconds=900)["Credentials"])


def role(name: str, principal: str) -> str:
    """The key of a session of a role that this principal may assume."""
    statement = {"Effect": "Allow", "Principal": {"Federated": principal}, "Action": "sts:*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    boto3.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)
    sts = boto3.client("sts", "us-west-2")
    return str(sts.assume_role(RoleArn=ROLE + name, RoleSessionName="somebody")["Credentials"]["AccessKeyId"])


def test_a_session_is_its_owner_for_as_long_as_it_lives(engineer: Caller) -> None:
    given = session_of(engineer)
    sts = boto3.Session(given["AccessKeyId"], given["SecretAccessKey"]).client("sts", "us-west-2")
    assert sts.get_caller_identity()["Arn"] == engineer.arn
    assert identity.credential_error(given["AccessKeyId"]) is None
    left = given["Expiration"].replace(tzinfo=None) - sts_sessions.now()  # type: ignore[attr-defined]
    assert datetime.timedelta(seconds=890) < left <= datetime.timedelta(seconds=900)


def test_the_engineer_runs_out_and_signs_in_again(engineer: Caller) -> None:
    signed_in: list[Caller] = []
    session = session_of(engineer)["AccessKeyId"]
    stop = expired_credentials.start(context(signed_in), {"seconds": 0.0})
    assert identity.credential_error(engineer.access_key_id) is EXPIRED
    assert identity.credential_error(session) is EXPIRED
    stop()
    (new,) = signed_in
    assert (new.arn, identity.credential_error(new.access_key_id)) == (engineer.arn, None)
    assert identity.credential_error(engineer.access_key_id) is EXPIRED


def test_roles_of_people_run_out_and_those_of_pods_do_not(engineer: Caller) -> None:
    people = role("deployer", "arn:aws:iam::123456789012:saml-provider/x")
    pods = role("controller", "arn:aws:iam::123456789012:oidc-provider/x")
    expired_credentials.start(context([]), {"seconds": 0.0})
    assert identity.credential_error(people) is EXPIRED
    assert identity.credential_error(pods) is None


def test_they_can_run_out_later(engineer: Caller) -> None:
    expired_credentials.start(context([]), {"seconds": 60.0})
    assert identity.credential_error(engineer.access_key_id) is None


def test_temporary_credentials_can_be_made_short(engineer: Caller) -> None:
    stop = short_sessions.start(context([]), {"seconds": -1.0})
    assert identity.credential_error(session_of(engineer)["AccessKeyId"]) is EXPIRED
    assert identity.credential_error(role("deployer", "x")) is EXPIRED
    stop()
    assert identity.credential_error(session_of(engineer)["AccessKeyId"]) is None
