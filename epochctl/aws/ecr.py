"""ECR: repositories, the login token, images.

Image data goes through the registry API.
Knows nothing of image layouts or of steps.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from epochctl.aws.session import Aws
from epochctl.aws.tags import tag_dict
from epochctl.errors import ImageError

_NO_REPOSITORY = "RepositoryNotFoundException"
_NO_IMAGE = "ImageNotFoundException"
_BATCH = 100  # the most that BatchDeleteImage takes
_ROUNDS = 20  # an index must go before the images that it names: each round frees the next


@dataclass(frozen=True)
class Repository:
    """An ECR repository. uri: <account>.dkr.ecr.<region>.amazonaws.com/<name>; tags are the AWS tags."""

    name: str
    uri: str
    arn: str
    immutable: bool
    scans: bool
    tags: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Login:
    """Name and password for Basic authorization; valid for 12 hours."""

    username: str
    password: SecretStr


class Ecr:
    """The account's private registry in one region."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def repository(self, name: str) -> Repository | None:
        try:
            found = self._call("describe_repositories", repositoryNames=[name])["repositories"][0]
            tags = self._call("list_tags_for_resource", resourceArn=found["repositoryArn"])["tags"]
        except LookupError:
            return None
        return Repository(
            name=name,
            uri=found["repositoryUri"],
            arn=found["repositoryArn"],
            immutable=found.get("imageTagMutability") == "IMMUTABLE",
            scans=bool(found.get("imageScanningConfiguration", {}).get("scanOnPush")),
            tags=tuple(sorted(tag_dict(tags).items())),
        )

    def login(self) -> Login:
        token = self._call("get_authorization_token")["authorizationData"][0]["authorizationToken"]
        username, _, password = base64.b64decode(token).decode().partition(":")
        return Login(username, SecretStr(password))

    def has_image(self, repository: str, digest: str) -> bool:
        """Return whether the digest exists, under any tag; False where there is no repository."""
        try:
            self._call("describe_images", repositoryName=repository, imageIds=[{"imageDigest": digest}])
        except LookupError:
            return False
        return True

    def empty(self, repository: str) -> int:
        """Delete every image, tagged or not, and return how many. An absent repository counts as empty."""
        removed = 0
        for _ in range(_ROUNDS):
            digests = self._digests(repository)
            if not digests:
                return removed
            removed += sum(
                self._delete(repository, digests[at : at + _BATCH]) for at in range(0, len(digests), _BATCH)
            )
        raise ImageError(
            f"the repository {repository} does not get empty",
            why=f"{removed} images were deleted in {_ROUNDS} rounds and there are still some",
            fix="see that nobody pushes to it any more, then run the same command again",
        )

    def _digests(self, repository: str) -> list[str]:
        listing, absent = ("ecr", "list_images", "imageIds"), (_NO_REPOSITORY,)
        try:
            images = self._aws.items(*listing, absent=absent, repositoryName=repository)
        except LookupError:
            return []
        return sorted({image["imageDigest"] for image in images if "imageDigest" in image})

    def _delete(self, repository: str, digests: list[str]) -> int:
        ids = [{"imageDigest": digest} for digest in digests]
        try:
            deleted = self._call("batch_delete_image", repositoryName=repository, imageIds=ids)["imageIds"]
        except LookupError:
            return 0
        return len({image["imageDigest"] for image in deleted})

    def _call(self, operation: str, **arguments: Any) -> Any:
        return self._aws.request("ecr", operation, absent=(_NO_REPOSITORY, _NO_IMAGE), **arguments)
