"""Whose access entry counts for a caller, and what somebody reads whom the cluster does not know."""

from __future__ import annotations

from typing import cast

import pytest

from epochctl.aws.eks import AccessEntry, Eks
from epochctl.aws.session import Aws
from epochctl.errors import CredentialsError

ACCOUNT = "arn:aws:iam::123456789012:"
SESSION = "arn:aws:sts::123456789012:assumed-role/people/me"


@pytest.mark.parametrize(
    ("principal", "caller", "enters"),
    [
        ("role/people", SESSION, True),
        ("role/aws-reserved/sso.amazonaws.com/people", SESSION, True),
        ("role/other-people", SESSION, False),
        ("user/people", SESSION, False),
        ("user/ann", f"{ACCOUNT}user/ann", True),
        ("role/people", "arn:aws:sts::999999999999:assumed-role/people/me", False),
    ],
)
def test_an_entry_counts_for_its_user_and_for_sessions_of_its_role(
    principal: str, caller: str, enters: bool
) -> None:
    assert AccessEntry(ACCOUNT + principal).matches(caller) is enters


class Known(Eks):
    def access_entries(self, cluster: str) -> tuple[AccessEntry, ...]:
        return (AccessEntry(f"{ACCOUNT}user/ann", policies=("AmazonEKSClusterAdminPolicy",)),)


class Unreadable(Eks):
    def access_entries(self, cluster: str) -> tuple[AccessEntry, ...]:
        raise CredentialsError("AWS refused the request", why="ListAccessEntries: AccessDenied")


class Me:
    def caller_arn(self) -> str:
        return SESSION


def test_a_stranger_reads_who_he_is_and_whom_the_cluster_knows() -> None:
    told = Known(cast(Aws, Me())).describe_access("demo")
    assert told.splitlines() == [
        f"you are {SESSION}, without an access entry; it knows",
        f"  {ACCOUNT}user/ann (AmazonEKSClusterAdminPolicy)",
    ]


def test_entries_that_may_not_be_read_hide_nothing_else() -> None:
    assert "ListAccessEntries: AccessDenied" in Unreadable(cast(Aws, Me())).describe_access("demo")


class SignedOut:
    def caller_arn(self) -> str:
        raise CredentialsError("the AWS credentials have expired")


def test_expired_credentials_are_the_cause_not_the_entries() -> None:
    with pytest.raises(CredentialsError, match="have expired"):
        Known(cast(Aws, SignedOut())).describe_access("demo")
