"""Who is behind an access key or a token. Tokens are made by botocore alone, as by `aws eks get-token`."""

from __future__ import annotations

import base64
import datetime
from dataclasses import replace

import boto3
import botocore.auth
import botocore.session
import pytest
from botocore.credentials import Credentials
from botocore.model import ServiceId
from botocore.signers import RequestSigner

from sandbox.moto_patches import eks_tokens, identity
from sandbox.moto_patches.backends import backend
from sandbox.moto_patches.error_formats import EXPIRED, UNKNOWN_KEY
from sandbox.moto_patches.identity import Caller


@pytest.fixture
def engineer(account: None) -> Caller:
    return identity.create_user()


def token(who: Caller, cluster: str, *, region: str = "us-west-2", session_token: str = "") -> str:
    session = botocore.session.Session()
    credentials = Credentials(who.access_key_id, who.secret_access_key, session_token or None)
    signer = RequestSigner(
        ServiceId("STS"), region, "sts", "v4", credentials, session.get_component("event_emitter")
    )
    request = {
        "method": "GET",
        "url": f"https://sts.{region}.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15",
        "body": {},
        "headers": {"x-k8s-aws-id": cluster},
        "context": {},
    }
    return encoded(
        signer.generate_presigned_url(request, region_name=region, expires_in=60, operation_name="")
    )


def encoded(url: str) -> str:
    return "k8s-aws-v1." + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


def decoded(text: str) -> str:
    body = text.removeprefix("k8s-aws-v1.")
    return base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode()


def at(monkeypatch: pytest.MonkeyPatch, minutes: int) -> None:
    """botocore's clock, so many minutes from now."""
    moment = datetime.datetime.now(datetime.UTC).replace(tzinfo=None) + datetime.timedelta(minutes=minutes)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_, **__: moment)


def test_a_token_says_who_made_it(engineer: Caller) -> None:
    known = eks_tokens.authenticate_token(token(engineer, "epoch"), "epoch")
    assert known is not None
    assert known.arn == "arn:aws:iam::123456789012:user/engineer"


def test_a_token_of_another_region_is_as_good(engineer: Caller) -> None:
    assert eks_tokens.authenticate_token(token(engineer, "epoch", region="eu-central-1"), "epoch") == engineer


def test_a_role_may_make_tokens_too(account: None) -> None:
    boto3.client("iam").create_role(RoleName="deployer", AssumeRolePolicyDocument="{}")
    assumed = boto3.client("sts", "us-west-2").assume_role(
        RoleArn="arn:aws:iam::123456789012:role/deployer", RoleSessionName="ci"
    )["Credentials"]
    role = Caller(assumed["AccessKeyId"], assumed["SecretAccessKey"], "", "")
    known = eks_tokens.authenticate_token(
        token(role, "epoch", session_token=assumed["SessionToken"]), "epoch"
    )
    assert known is not None
    assert known.arn == "arn:aws:sts::123456789012:assumed-role/deployer/ci"


def test_a_token_is_for_one_cluster(engineer: Caller) -> None:
    assert eks_tokens.authenticate_token(token(engineer, "epoch"), "another") is None


@pytest.mark.parametrize(("minutes", "good"), [(-14, True), (-16, False), (16, False)])
def test_a_token_lives_a_quarter_of_an_hour(
    engineer: Caller, monkeypatch: pytest.MonkeyPatch, minutes: int, good: bool
) -> None:
    at(monkeypatch, minutes)
    assert (eks_tokens.authenticate_token(token(engineer, "epoch"), "epoch") is not None) is good


def test_a_token_signed_with_another_key_is_refused(engineer: Caller) -> None:
    forged = replace(engineer, secret_access_key="not the secret")
    assert eks_tokens.authenticate_token(token(forged, "epoch"), "epoch") is None


def test_a_key_that_nobody_has_is_refused(engineer: Caller) -> None:
    stranger = replace(engineer, access_key_id="AKIAIOSFODNN7EXAMPLE")
    assert eks_tokens.authenticate_token(token(stranger, "epoch"), "epoch") is None


def test_a_key_that_was_made_inactive_is_refused(engineer: Caller) -> None:
    made = token(engineer, "epoch")
    boto3.client("iam").update_access_key(
        UserName="engineer", AccessKeyId=engineer.access_key_id, Status="Inactive"
    )
    assert eks_tokens.authenticate_token(made, "epoch") is None
    assert identity.credential_error(engineer.access_key_id) is not None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("GetCallerIdentity", "GetSessionToken"),
        ("https://sts.us-west-2", "https://evil.example"),
        ("X-Amz-Expires=60", "X-Amz-Expires=900"),
        ("host%3Bx-k8s-aws-id", "host"),
        ("X-Amz-Signature=", "X-Amz-Signature=%C3%A9"),
        ("X-Amz-Date=20", "X-Amz-Date=yesterday"),
    ],
)
def test_a_token_that_was_changed_is_refused(engineer: Caller, old: str, new: str) -> None:
    url = decoded(token(engineer, "epoch"))
    assert old in url
    assert eks_tokens.authenticate_token(encoded(url.replace(old, new)), "epoch") is None


@pytest.mark.parametrize("text", ["", "k8s-aws-v1.", "k8s-aws-v1.%%%", "k8s-aws-v1.é", "eyJhbGciOi"])
def test_what_is_no_token_is_refused_without_an_error(engineer: Caller, text: str) -> None:
    assert eks_tokens.authenticate_token(text, "epoch") is None


def test_a_token_whose_address_is_none_is_refused_without_an_error(engineer: Caller) -> None:
    assert eks_tokens.authenticate_token(encoded("https://[sts/?Action=GetCallerIdentity"), "epoch") is None


def test_the_access_key_of_a_request_is_in_its_header_or_its_query() -> None:
    header = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-west-2/ec2/aws4_request, Signed..."
    assert identity.access_key_of(header, "") == "AKIAIOSFODNN7EXAMPLE"
    query = "X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20260101%2Fus-west-2%2Fs3%2Faws4_request&x=1"
    assert identity.access_key_of("", query) == "AKIAIOSFODNN7EXAMPLE"
    assert identity.access_key_of("Bearer x", "a=b") == ""


def test_unknown_and_expired_keys_are_refused_in_the_words_of_aws(engineer: Caller) -> None:
    assert identity.credential_error(engineer.access_key_id) is None
    assert identity.credential_error("AKIAIOSFODNN7EXAMPLE") is UNKNOWN_KEY
    boto3.client("iam").create_role(RoleName="deployer", AssumeRolePolicyDocument="{}")
    sts = boto3.client("sts", "us-west-2")
    arn = "arn:aws:iam::123456789012:role/deployer"
    key = sts.assume_role(RoleArn=arn, RoleSessionName="ci")["Credentials"]["AccessKeyId"]
    assert identity.credential_error(key) is None
    (role,) = backend("sts", "").assumed_roles
    role.expiration -= datetime.timedelta(days=1)
    assert identity.credential_error(key) is EXPIRED
