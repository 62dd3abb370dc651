"""When an environment may be taken down: a tag on its VPC, which is made first and goes last.

Reads only; terraform writes it. Knows nothing of how long anybody wants it to stand.
"""

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
        """The tag's words: a time in UTC, or never; "" where there is no VPC or none was written."""
        found = self._aws.items("ec2", "describe_vpcs", "Vpcs", Filters=tag_filters(self._tags))
        return next((tags[TAG] for vpc in found if TAG in (tags := tag_dict(vpc.get("Tags")))), "")

    def moment(self) -> datetime | None:
        """The time itself; None where the environment stands until somebody takes it down."""
        return parse_expiry(self.read())


def format_expiry(moment: datetime) -> str:
    """As it stands in the tag."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_expiry(words: str) -> datetime | None:
    """The time in the tag; None for never, nothing, and what somebody else wrote there."""
    try:
        return datetime.strptime(words, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
