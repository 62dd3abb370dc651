"""The expiry of an environment: a tag on its VPC, created first and deleted last. Terraform sets it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from epochctl.aws.session import Aws
from epochctl.aws.tags import tag_dict, tag_filters

TAG = "epochctl:expires"  # the same word in terraform/main.tf
NEVER = "never"


class Expiry:
    """tags: what marks the environment's own objects."""

    def __init__(self, aws: Aws, tags: Mapping[str, str]) -> None:
        self._aws, self._tags = aws, tags

    def read(self) -> str:
        """Return the tag's value: a time in UTC, or never; "" where there is no VPC or no such tag."""
        found = self._aws.items("ec2", "describe_vpcs", "Vpcs", Filters=tag_filters(self._tags))
        return next((tags[TAG] for vpc in found if TAG in (tags := tag_dict(vpc.get("Tags")))), "")

    def expires_at(self) -> datetime | None:
        """Return the time; None where the environment does not expire."""
        return parse_expiry(self.read())


def format_expiry(time: datetime) -> str:
    """Return the time as it is written into the tag."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_expiry(text: str) -> datetime | None:
    """Return the time in the tag; None for never, "", and any other text."""
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
