"""Web identity (IRSA) through STS's API: a pod's token, its provider and the role's trust are all checked."""

from __future__ import annotations

import json
import time
from typing import Any

import boto3
import jwt
import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox.moto_patches import identity, web_identity

pytestmark = pytest.mark.filterwarnings("ignore:Exception.STSClientError")  # AccessDenied is in no model

ISSUER = "https://oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF"
PROVIDER = ISSUER.removeprefix("https://")
SUBJECT = "system:serviceaccount:kube-system:controller"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_key(issuer: str) -> str | None:
    if issuer != ISSUER:
        return None
    encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return KEY.public_key().public_bytes(encoding, form).decode()


@pytest.fixture
def role(account: None) -> str:
    identity.install()
    web_identity.install(public_key)
    iam = boto3.client("iam")
    iam.create_open_id_connect_provider(
        Url=ISSUER, ClientIDList=["sts.amazonaws.com"], ThumbprintList=["a" * 40]
    )
    return make_role("controller", {"StringEquals": {f"{PROVIDER}:sub": SUBJECT}})


def make_role(name: str, condition: dict[str, Any], provider: str = PROVIDER) -> str:
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{provider}"},
        "Condition": condition,
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return boto3.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]


def token(*, key: rsa.RSAPrivateKey = KEY, expires: float = 600, **claims: Any) -> str:
    said = {"iss": ISSUER, "sub": SUBJECT, "aud": ["sts.amazonaws.com"], "exp": time.time() + expires}
    return jwt.encode({**said, **claims}, key, algorithm="RS256")


def assume(role: str, text: str) -> dict[str, Any]:
    sts = boto3.client("sts", "us-west-2")
    answer = sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="pod", WebIdentityToken=text)
    return dict(answer["Credentials"])


def code(role: str, text: str) -> str:
    with pytest.raises(ClientError) as raised:
        assume(role, text)
    return str(raised.value.response["Error"]["Code"])


def test_a_pod_of_the_trusted_service_account_gets_credentials_of_the_role(role: str) -> None:
    known = identity.caller(assume(role, token())["AccessKeyId"])
    assert known is not None
    assert known.arn == "arn:aws:sts::123456789012:assumed-role/controller/pod"


def test_another_service_account_is_denied(role: str) -> None:
    assert code(role, token(sub="system:serviceaccount:default:default")) == "AccessDenied"


def test_an_audience_that_the_provider_does_not_know_is_refused(role: str) -> None:
    assert code(role, token(aud=["https://kubernetes.default.svc"])) == "InvalidIdentityToken"


def test_the_trust_may_demand_an_audience_too(role: str) -> None:
    strict = make_role("strict", {"StringEquals": {f"{PROVIDER}:aud": "another.service"}})
    assert code(strict, token()) == "AccessDenied"


def test_a_token_signed_by_somebody_else_is_refused(role: str) -> None:
    assert code(role, token(key=OTHER_KEY)) == "InvalidIdentityToken"


def test_an_expired_token_is_refused(role: str) -> None:
    assert code(role, token(expires=-600)) in ("InvalidIdentityToken", "ExpiredTokenException")


def test_an_unknown_issuer_is_refused(role: str) -> None:
    assert code(role, token(iss="https://oidc.eks.us-west-2.amazonaws.com/id/F")) == "InvalidIdentityToken"


def test_an_issuer_without_a_provider_in_the_account_is_refused(role: str) -> None:
    iam = boto3.client("iam")
    arn = f"arn:aws:iam::123456789012:oidc-provider/{PROVIDER}"
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert code(role, token()) == "InvalidIdentityToken"


def test_a_role_that_trusts_another_provider_is_denied(role: str) -> None:
    other = make_role("other", {}, provider="oidc.eks.eu-west-1.amazonaws.com/id/0")
    assert code(other, token()) == "AccessDenied"


def test_a_role_that_does_not_exist_is_denied(role: str) -> None:
    assert code("arn:aws:iam::123456789012:role/nobody", token()) == "AccessDenied"


def test_a_pattern_in_the_trust_matches(role: str) -> None:
    pattern = {"StringLike": {f"{PROVIDER}:sub": "system:serviceaccount:kube-system:*"}}
    assert assume(make_role("pattern", pattern), token())
    assert code(make_role("wrong", {"StringLike": {f"{PROVIDER}:sub": "*:default:*"}}), token())


def test_a_condition_that_is_not_understood_does_not_hold(role: str) -> None:
    assert code(make_role("odd", {"NumericLessThan": {f"{PROVIDER}:exp": "1"}}), token()) == "AccessDenied"


def test_what_is_no_token_is_refused(role: str) -> None:
    assert code(role, "not-a-token") == "InvalidIdentityToken"
