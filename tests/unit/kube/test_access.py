"""A cluster of our name that another made is none of ours, and is not reached."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from epochctl.aws.eks import ClusterAccess, Eks
from epochctl.config.settings import Settings
from epochctl.kube.access import has_other_owner, reach


@pytest.mark.parametrize(
    ("tags", "ours"),
    [
        ({"epochctl:name": "epoch", "epochctl:environment": "production", "more": "x"}, True),
        ({"epochctl:name": "epoch", "epochctl:environment": "staging"}, False),
        ({}, False),
    ],
)
def test_only_a_cluster_with_our_tags_is_reached(tags: dict[str, str], ours: bool, tmp_path: Path) -> None:
    class Fake:
        def describe(self, name: str) -> Any:
            parts = ("us-west-2", "1", "arn", "ACTIVE", "1.36", "https://x", "CA", "", "vpc-1")
            return ClusterAccess(name, *parts, tags=tuple(tags.items()))

    eks, settings = cast(Eks, Fake()), Settings(hostname="a.example.com", directory=tmp_path)
    assert (reach(eks, settings, "us-west-2") is not None) is ours
    assert has_other_owner(eks, settings) is not ours
