"""The ECR client against moto."""

from __future__ import annotations

import hashlib
import json

from epochctl.aws.ecr import Ecr
from epochctl.aws.session import Aws

REGION, NAME = "us-west-2", "epoch-production"


def make_repository(aws: Aws) -> None:
    aws.client("ecr").create_repository(
        repositoryName=NAME,
        imageTagMutability="IMMUTABLE",
        imageScanningConfiguration={"scanOnPush": True},
        tags=[{"Key": "epochctl:name", "Value": "epoch"}],
    )


def put_image(aws: Aws, number: int) -> str:
    """An image whose digest is known: moto makes one up where it is not told."""
    config = {"mediaType": "application/json", "size": 1, "digest": f"sha256:{number:064x}"}
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    manifest = json.dumps({"schemaVersion": 2, "mediaType": kind, "config": config, "layers": []})
    digest = "sha256:" + hashlib.sha256(manifest.encode()).hexdigest()
    aws.client("ecr").put_image(
        repositoryName=NAME, imageManifest=manifest, imageTag=f"t{number}", imageDigest=digest
    )
    return digest


def test_a_repository_is_described(aws: Aws) -> None:
    assert Ecr(aws).repository(NAME) is None
    make_repository(aws)
    found = Ecr(aws).repository(NAME)
    assert found is not None
    assert found.uri.endswith(f".dkr.ecr.{REGION}.amazonaws.com/{NAME}")
    assert (found.immutable, found.scans, found.tags) == (True, True, (("epochctl:name", "epoch"),))


def test_the_login_is_masked(aws: Aws) -> None:
    login = Ecr(aws).login()
    assert login.username == "AWS"
    assert login.password.get_secret_value()
    assert login.password.get_secret_value() not in repr(login)


def test_an_image_is_found_by_digest(aws: Aws) -> None:
    assert not Ecr(aws).has_image(NAME, f"sha256:{1:064x}")
    make_repository(aws)
    assert not Ecr(aws).has_image(NAME, f"sha256:{1:064x}")
    assert Ecr(aws).has_image(NAME, put_image(aws, 1))


def test_a_repository_is_emptied(aws: Aws) -> None:
    make_repository(aws)
    for number in range(105):  # more than one page and one batch
        put_image(aws, number)
    assert Ecr(aws).empty(NAME) == 105
    assert Ecr(aws).empty(NAME) == 0


def test_an_absent_repository_is_empty(aws: Aws) -> None:
    assert Ecr(aws).empty(NAME) == 0
