"""One small object in S3 that at most one run can have written: conditional writes, conditional deletion.

Knows nothing of what stands in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from epochctl.aws.session import Aws

_TAKEN = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409")
_NO_KEY = ("NoSuchKey", "404", "NotFound")


@dataclass(frozen=True)
class StoredLock:
    """What stands in it, and the mark that a conditional write must name."""

    text: str
    etag: str


class LockObject:
    """`key` in `bucket`, which must be the account's own. The bucket need not exist."""

    def __init__(self, aws: Aws, *, account: str, bucket: str, key: str) -> None:
        self._aws = aws
        self._place = {"Bucket": bucket, "Key": key, "ExpectedBucketOwner": account}

    def read(self) -> StoredLock | None:
        """None where there is no such object."""
        try:
            answer = self._call("get_object", absent=(*_NO_KEY, "NoSuchBucket"))
        except LookupError:
            return None
        return StoredLock(answer["Body"].read().decode("utf-8", "replace"), str(answer["ETag"]))

    def create(self, text: str) -> str | Literal["taken", "no bucket"]:
        """Write it where there is none; its mark, or why not."""
        return self._put(text, IfNoneMatch="*")

    def replace(self, text: str, etag: str) -> str | Literal["taken", "no bucket"]:
        """Write it where it is still what `etag` marks; its new mark, or why not."""
        return self._put(text, IfMatch=etag)

    def delete(self, etag: str) -> bool:
        """Delete it where it is still what `etag` marks; whether it was."""
        try:
            self._call("delete_object", absent=(*_TAKEN, *_NO_KEY, "NoSuchBucket"), IfMatch=etag)
            return True
        except LookupError:
            return False

    def _put(self, text: str, **condition: str) -> str:
        try:
            answer = self._call(
                "put_object",
                absent=(*_TAKEN, *_NO_KEY, "NoSuchBucket"),
                Body=text.encode(),
                ContentType="application/json",
                **condition,
            )
            return str(answer["ETag"])
        except LookupError as refusal:
            return "no bucket" if str(refusal) == "NoSuchBucket" else "taken"

    def _call(self, operation: str, *, absent: tuple[str, ...], **arguments: Any) -> Any:
        method = getattr(self._aws.client("s3"), operation)
        return self._aws.call(lambda: method(**self._place, **arguments), absent=absent)
