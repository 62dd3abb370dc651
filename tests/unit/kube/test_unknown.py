"""A 401 of the cluster: the caller is unknown to it, or his credentials have expired; the cause is named."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from epochctl.errors import CredentialsError
from epochctl.kube.connection import Connection
from epochctl.tools.helm.client import _refusal

ACCESS = SimpleNamespace(name="demo", endpoint="https://demo.example", ca_pem="")


def expired() -> str:
    raise CredentialsError("the AWS credentials have expired")


def test_a_stranger_reads_whom_the_cluster_knows() -> None:
    error = Connection(ACCESS, str, lambda: "you are ann")._refused(401, b"Unauthorized", "GET /api")
    assert error.what == "cluster demo does not know you"
    assert "you are ann" in error.why


def test_expired_credentials_are_named_as_the_cause() -> None:
    with pytest.raises(CredentialsError, match="the AWS credentials have expired"):
        Connection(ACCESS, str, expired)._refused(401, b"Unauthorized", "GET /api")
    with pytest.raises(CredentialsError, match="the AWS credentials have expired"):
        _refusal("status", "Unauthorized", expired)
