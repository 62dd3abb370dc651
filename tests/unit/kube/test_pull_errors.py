"""What kubelet and containerd say when an image does not come: some of it passes."""

from __future__ import annotations

import pytest

from epochctl.kube.pods import PULL_RETRY_SECONDS, pull_grace

RESOLVE = 'failed to resolve image: failed to do request: Head "https://1.dkr.ecr/v2/x": '


@pytest.mark.parametrize(
    "message",
    [
        f"{RESOLVE}read tcp 10.0.0.4:53244->198.51.100.1:443: read: connection reset by peer",
        f"{RESOLVE}EOF",
        f"{RESOLVE}net/http: TLS handshake timeout",
        f"{RESOLVE}dial tcp: lookup 1.dkr.ecr.us-west-2.amazonaws.com: i/o timeout",
        "unexpected status code https://x: 429 Too Many Requests",
        "failed to pull: toomanyrequests: Rate exceeded",
        "unexpected status from GET request to https://x/v2/: 503 Service Unavailable",
    ],
)
def test_the_network_and_a_busy_registry_pass(message: str) -> None:
    assert pull_grace(message) == PULL_RETRY_SECONDS


@pytest.mark.parametrize(
    "message",
    [
        'failed to resolve reference "x:nope": x:nope: not found',
        "failed to authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized",
        "unexpected status from HEAD request to https://x: 403 Forbidden",
        "no match for platform in manifest: not found",
        'Back-off pulling image "x:nope"',
        f"{RESOLVE}dial tcp: lookup nowhere.example: no such host",
    ],
)
def test_the_image_itself_does_not(message: str) -> None:
    assert pull_grace(message) == 0.0
