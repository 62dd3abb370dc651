"""What an engineer reads when AWS refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from epochctl.aws.session import Aws
from epochctl.errors import CredentialsError, EpochctlError


@pytest.mark.parametrize("retries", [{}, {"MaxAttemptsReached": True, "RetryAttempts": 8}])
def test_how_often_it_was_tried_does_not_hide_what_was_refused(retries: dict[str, object]) -> None:
    response = {"Error": {"Code": "Throttling", "Message": "Rate exceeded: x"}, "ResponseMetadata": retries}

    def refuse() -> None:
        raise ClientError(response, "DescribeCluster")  # type: ignore[arg-type]

    with pytest.raises(EpochctlError) as raised:
        Aws("us-west-2").call(refuse)
    assert raised.value.why == "DescribeCluster: Throttling: Rate exceeded: x"


@pytest.mark.parametrize(("code", "message"), [("400", "Bad Request"), ("403", "Forbidden")])
def test_a_refusal_without_words_is_about_the_credentials(code: str, message: str) -> None:
    def refuse() -> None:
        raise ClientError({"Error": {"Code": code, "Message": message}}, "HeadBucket")

    with pytest.raises(CredentialsError, match=f"HeadBucket: {code}: {message}") as raised:
        Aws("us-west-2").call(refuse)
    assert raised.value.fix


class Vpcs:
    """A client with one operation in pages and one without."""

    def can_paginate(self, operation: str) -> bool:
        return operation == "describe_vpcs"

    def get_paginator(self, operation: str) -> Vpcs:
        return self

    def paginate(self, **arguments: object) -> Iterator[dict[str, list[int]]]:
        yield {"Vpcs": [1, 2]}
        if arguments:
            raise ClientError({"Error": {"Code": "InvalidVpcID.NotFound", "Message": "x"}}, "DescribeVpcs")
        yield {"Vpcs": [3]}

    def describe_addresses(self) -> dict[str, list[int]]:
        return {"Addresses": [4]}


class Session(Aws):
    def client(self, service: str, *, region: str = "") -> Vpcs:
        return Vpcs()


def test_items_are_those_of_every_page_or_of_the_only_answer() -> None:
    aws = Session("us-west-2")
    assert aws.items("ec2", "describe_vpcs", "Vpcs") == [1, 2, 3]
    assert aws.items("ec2", "describe_addresses", "Addresses") == [4]


def test_a_refused_page_is_an_error_like_every_refused_request() -> None:
    pages = Session("us-west-2").pages("ec2", "describe_vpcs", VpcIds=["vpc-1"])
    assert next(pages) == {"Vpcs": [1, 2]}
    with pytest.raises(EpochctlError, match="request failed"):
        next(pages)
    arguments: dict[str, Any] = {"absent": ("InvalidVpcID.NotFound",), "VpcIds": ["vpc-1"]}
    with pytest.raises(LookupError):
        Session("us-west-2").items("ec2", "describe_vpcs", "Vpcs", **arguments)
