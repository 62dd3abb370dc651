"""What helm says, as an error with the exit code of its cause."""

from __future__ import annotations

import pytest

from epochctl.errors import ClusterError, CredentialsError, EpochctlError
from epochctl.tools.helm.client import _last_lines, _refusal


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
def test_a_cluster_that_does_not_know_us_is_about_credentials(words: str, kind: type[EpochctlError]) -> None:
    error = _refusal("status", _last_lines(words.encode()))
    assert type(error) is kind
    assert "Error: " not in error.why
