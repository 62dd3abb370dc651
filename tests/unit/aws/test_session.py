"""What an engineer reads when AWS refuses."""

from __future__ import annotations

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
