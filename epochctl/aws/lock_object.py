"""One small object in S3 that at most one run can have written: conditional writes, conditional deletion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from epochctl.aws.session import Aws

_TAKEN = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409")
_NO_OBJECT = ("NoSuchKey", "404", "NotFound", "NoSuchBucket")


@dataclass(frozen=True)
class StoredLock:
    """The content, and the ETag that a conditional write must name."""

    text: str
    etag: str


class LockObject:
    """`key` in `bucket`, which must be the account's own. The bucket need not exist."""

    def __init__(self, aws: Aws, *, account: str, bucket: str, key: str) -> None:
        self._aws = aws
        self._object = {"Bucket": bucket, "Key": key, "ExpectedBucketOwner": account}

    def read(self) -> StoredLock | None:
        """Return content and ETag, None where there is no such object."""
        answer = self._aws.find("s3", "get_object", absent=_NO_OBJECT, **self._object)
        if answer is None:
            return None
        return StoredLock(answer["Body"].read().decode("utf-8", "replace"), str(answer["ETag"]))

    def create(self, text: str) -> str | Literal["taken", "no bucket"]:
        """Write it if there is none; return its ETag, or why it was not written."""
        return self._put(text, IfNoneMatch="*")

    def replace(self, text: str, etag: str) -> str | Literal["taken", "no bucket"]:
        """Write it if its ETag is still `etag`; return the new ETag, or why it was not written."""
        return self._put(text, IfMatch=etag)

    def delete(self, etag: str) -> bool:
        """Delete it if its ETag is still `etag`; return whether it was deleted."""
        absent = (*_TAKEN, *_NO_OBJECT)
        return self._aws.find("s3", "delete_object", absent=absent, IfMatch=etag, **self._object) is not None

    def _put(self, text: str, **condition: str) -> str:
        try:
            answer = self._aws.request(
                "s3",
                "put_object",
                absent=(*_TAKEN, *_NO_OBJECT),
                Body=text.encode(),
                ContentType="application/json",
                **self._object,
                **condition,
            )
            return str(answer["ETag"])
        except LookupError as refusal:
            return "no bucket" if str(refusal) == "NoSuchBucket" else "taken"
