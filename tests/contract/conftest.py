"""What contract tests against moto share: an emulated account, empty, with credentials of the test's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws

from epochctl.aws.session import Aws


@pytest.fixture
def emulated(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield


@pytest.fixture
def aws(emulated: None) -> Aws:
    """Its us-west-2."""
    return Aws("us-west-2")
