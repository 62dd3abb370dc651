"""Platforms by instance type, and image references as people write them."""

from __future__ import annotations

import pytest

from epochctl.errors import ImageError
from epochctl.image.names import Reference, normalize, parse_reference, platform_of

DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    "name", ["t4g.small", "m7g.large", "c6gn.xlarge", "r8gd.large", "im4gn.large", "is4gen.large", "a1.large"]
)
def test_graviton_is_arm64(name: str) -> None:
    assert platform_of([name]) == "linux/arm64"


@pytest.mark.parametrize(
    "name", ["t3.medium", "g5.xlarge", "g4dn.xlarge", "m7i-flex.large", "c7a.large", "u7i-12tb.224xlarge"]
)
def test_the_rest_is_amd64(name: str) -> None:
    assert platform_of([name]) == "linux/amd64"


def test_a_mixed_node_group_is_refused_with_both_named() -> None:
    with pytest.raises(ImageError) as caught:
        platform_of(["t3.medium", "t4g.medium"])
    assert caught.value.why == "t3.medium is amd64, t4g.medium is arm64"


def test_two_names_of_a_processor_are_one() -> None:
    assert [normalize(name) for name in ("x86_64", "amd64", "aarch64")] == ["amd64", "amd64", "arm64"]


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("nginx", Reference("nginx", "registry-1.docker.io", "library/nginx", "latest", "")),
        ("org/app:1.2", Reference("org/app", "registry-1.docker.io", "org/app", "1.2", "")),
        (
            "docker.io/org/app",
            Reference("docker.io/org/app", "registry-1.docker.io", "org/app", "latest", ""),
        ),
        ("ghcr.io/o/app:v1", Reference("ghcr.io/o/app", "ghcr.io", "o/app", "v1", "")),
        ("localhost:5000/app", Reference("localhost:5000/app", "localhost:5000", "app", "latest", "")),
        (f"ghcr.io/o/app@{DIGEST}", Reference("ghcr.io/o/app", "ghcr.io", "o/app", "", DIGEST)),
        (f"ghcr.io/o/app:v1@{DIGEST}", Reference("ghcr.io/o/app", "ghcr.io", "o/app", "v1", DIGEST)),
    ],
)
def test_references(text: str, parsed: Reference) -> None:
    assert parse_reference(text) == parsed
