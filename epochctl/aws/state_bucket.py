"""The S3 bucket of Terraform's states, one for each account and region: versioned, encrypted, private.

Only TLS is allowed. Shared by every name and environment of the account.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from epochctl.aws.session import Aws
from epochctl.aws.tags import tag_dict, tag_list
from epochctl.errors import InfrastructureError

_ABSENT = ("404", "NoSuchBucket", "NotFound", "NoSuchKey")
RUN_LOCK = "run.lock"  # beside a state: the run that is at work on it
_TAGS = {"epochctl:purpose": "terraform-state"}


class StateBucket:
    """Every request names the account that must own the bucket."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def name(self, account: str) -> str:
        return f"epochctl-state-{account}-{self._aws.region}"

    def exists(self, account: str) -> bool:
        """Return whether the bucket exists."""
        return self._found("head_bucket", account) is not None

    def has_state(self, account: str, key: str) -> bool:
        """Return whether a state was ever written under `key`."""
        return self._found("head_object", account, Key=key) is not None

    def read_text(self, account: str, key: str) -> str:
        """Return the content of `key`, "" where there is none."""
        found = self._found("get_object", account, Key=key)
        return found["Body"].read().decode("utf-8", "replace") if found else ""

    def ensure(self, account: str) -> bool:
        """Create the bucket if needed and set it up; return whether it was created. May be run again."""
        is_new = not self.exists(account) and self._create(account)
        if self._tags(account).get("epochctl:purpose") != _TAGS["epochctl:purpose"]:
            self._set_up(account)
        return is_new

    def delete_if_unused(self, account: str, own_lock: str = "") -> tuple[str, ...]:
        """Delete the bucket unless a state in it describes something or is locked. Return what was deleted.

        own_lock: the key of the lock that the caller itself holds.

        Raises InfrastructureError naming the states that are in use.
        """
        if not self.exists(account):
            return ()
        used = tuple(line for key, line in self._used(account) if key != own_lock)
        if used:
            raise InfrastructureError(
                f"the state bucket {self.name(account)} is still in use",
                why="\n".join(used),
                fix="take those down first",
            )
        self._empty(account)
        self._found("delete_bucket", account)  # gone already where the answer to its deletion was lost
        return (f"state bucket {self.name(account)}",)

    def _create(self, account: str) -> bool:
        # us-east-1 refuses to be named as a location.
        region = self._aws.region
        location = (
            {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        )
        name, absent = self.name(account), ("BucketAlreadyOwnedByYou",)
        if self._aws.find("s3", "create_bucket", absent=absent, Bucket=name, **location) is None:
            return False  # another run has created it meanwhile
        waiter = self._aws.client("s3").get_waiter("bucket_exists")
        waiter.wait(Bucket=name, WaiterConfig={"Delay": 2, "MaxAttempts": 15})
        return True

    def _set_up(self, account: str) -> None:
        name = self.name(account)
        versioned = {"Status": "Enabled"}
        encrypted = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
        private = dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
        )
        self._call("put_bucket_versioning", account, VersioningConfiguration=versioned)
        self._call("put_bucket_encryption", account, ServerSideEncryptionConfiguration=encrypted)
        self._call("put_public_access_block", account, PublicAccessBlockConfiguration=private)
        self._call("put_bucket_policy", account, Policy=json.dumps(_tls_only(name)))
        # Last: the tag says that everything above was done.
        self._call("put_bucket_tagging", account, Tagging={"TagSet": tag_list(_TAGS)})

    def _tags(self, account: str) -> dict[str, str]:
        found = self._found("get_bucket_tagging", account, absent=("NoSuchTagSet",)) or {}
        return tag_dict(found.get("TagSet"))

    def _used(self, account: str) -> Iterator[tuple[str, str]]:
        for page in self._aws.pages("s3", "list_objects_v2", Bucket=self.name(account)):
            for item in page.get("Contents", []):
                key = item["Key"]
                if key.endswith((".tflock", RUN_LOCK)):
                    yield key, f"{key}: locked"
                elif self._describes(account, key):
                    yield key, f"{key}: describes objects that exist"

    def _describes(self, account: str, key: str) -> bool:
        body = self._call("get_object", account, Key=key)["Body"].read()
        try:
            # What was only asked for (data) is nobody's object.
            return any(each.get("mode") != "data" for each in json.loads(body).get("resources") or ())
        except (ValueError, AttributeError, TypeError):
            return True  # not a state of ours: not ours to delete

    def _empty(self, account: str) -> None:
        # All pages first: the next page is found by a key that would be deleted meanwhile.
        for page in list(self._aws.pages("s3", "list_object_versions", Bucket=self.name(account))):
            items = page.get("Versions", []) + page.get("DeleteMarkers", [])
            old = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in items]
            if old:
                self._call("delete_objects", account, Delete={"Objects": old, "Quiet": True})

    def _call(self, operation: str, account: str, **arguments: Any) -> dict[str, Any]:
        arguments |= {"Bucket": self.name(account), "ExpectedBucketOwner": account}
        return self._aws.request("s3", operation, **arguments)

    def _found(
        self, operation: str, account: str, *, absent: tuple[str, ...] = (), **arguments: Any
    ) -> dict[str, Any] | None:
        bucket = {"Bucket": self.name(account), "ExpectedBucketOwner": account}
        return self._aws.find("s3", operation, absent=(*_ABSENT, *absent), **bucket, **arguments)


def _tls_only(bucket: str) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }
