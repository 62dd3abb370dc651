"""What helm says, as an error with the exit code of its cause."""

from __future__ import annotations

import pytest

from epochctl.errors import ClusterError, CredentialsError, EpochctlError
from epochctl.tools.helm.failure import HelmFailedError, translate


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (
            "Error: cluster unreachable: the server has asked for the client to provide credentials",
            CredentialsError,
        ),
        ("Error: INSTALLATION FAILED: Unauthorized", CredentialsError),
        ("Error: Get https://x: getting credentials: exec: executable python failed", CredentialsError),
        ("Error: UPGRADE FAILED: another operation is in progress", ClusterError),
    ],
)
def test_a_cluster_that_does_not_know_the_caller_is_about_credentials(
    words: str, kind: type[EpochctlError]
) -> None:
    error = translate("status", HelmFailedError(1, words))
    assert type(error) is kind
    assert "Error: " not in error.why


def test_expired_credentials_are_named_as_the_cause() -> None:
    def expired() -> str:
        raise CredentialsError("the AWS credentials have expired")

    with pytest.raises(CredentialsError, match="the AWS credentials have expired"):
        translate("status", HelmFailedError(1, "Unauthorized"), expired)


@pytest.mark.parametrize(("code", "why"), [(-9, "killed by signal 9"), (1, "ended with code 1")])
def test_a_helm_that_says_nothing_is_told_by_its_end(code: int, why: str) -> None:
    assert why in translate("status", HelmFailedError(code, " \n")).why
