"""The registries: ECR's login, its repositories and tags, and what the data plane behind is asked."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator
from typing import Any

import boto3
import httpx
import pytest

from sandbox.registry.proxy import RegistryProxy

HOST = "123456789012.dkr.ecr.us-west-2.amazonaws.com"
MANIFEST = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}


def streamed(status: int, content: bytes = b"", **arguments: Any) -> httpx.Response:
    async def chunks() -> AsyncIterator[bytes]:
        yield content

    return httpx.Response(status, content=chunks(), **arguments)


class Upstream:
    """What stands behind: remembers what it was asked, and has everything."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if request.method == "PUT":
            return streamed(201)
        if request.method == "POST":
            return streamed(202, headers={"Location": f"http://127.0.0.1:9912{request.url.path}1?state=x"})
        return streamed(200, b"content")


@pytest.fixture
def upstream() -> Upstream:
    return Upstream()


@pytest.fixture
def registry(account: None, upstream: Upstream) -> RegistryProxy:
    made = RegistryProxy("http://127.0.0.1:9912")
    made._client = httpx.AsyncClient(
        base_url="http://127.0.0.1:9912", transport=httpx.MockTransport(upstream)
    )
    return made


@pytest.fixture
def repository(account: None) -> str:
    make_repository("epoch", "MUTABLE")
    return "epoch"


def make_repository(name: str, mutability: str) -> None:
    ecr = boto3.client("ecr", "us-west-2")
    ecr.create_repository(repositoryName=name, imageTagMutability=mutability)  # type: ignore[arg-type]


def login() -> tuple[str, str]:
    """User and password as a client gets them from ECR's API."""
    answer = boto3.client("ecr", "us-west-2").get_authorization_token()["authorizationData"][0]
    user, _, password = base64.b64decode(answer["authorizationToken"]).decode().partition(":")
    return user, password


def call(
    registry: RegistryProxy, method: str, path: str, *, host: str = HOST, **arguments: Any
) -> httpx.Response:
    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app=registry)
        async with httpx.AsyncClient(transport=transport, base_url=f"https://{host}") as client:
            return await client.request(method, path, **arguments)

    return asyncio.run(run())


def push(registry: RegistryProxy, name: str, reference: str, **extra: Any) -> httpx.Response:
    content = json.dumps({**MANIFEST, **extra}).encode()
    return call(registry, "PUT", f"/v2/{name}/manifests/{reference}", auth=login(), content=content)


def tags(name: str) -> set[str]:
    found = boto3.client("ecr", "us-west-2").describe_images(repositoryName=name)["imageDetails"]
    return {tag for image in found for tag in image.get("imageTags", [])}


def error(response: httpx.Response) -> str:
    return str(response.json()["errors"][0]["code"])


def test_without_a_login_ecr_asks_for_one(registry: RegistryProxy) -> None:
    response = call(registry, "GET", "/v2/")
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith(f'Basic realm="https://{HOST}/"')


@pytest.mark.parametrize("auth", [("AWS", "wrong"), ("someone", "123456789012-auth-token")])
def test_a_wrong_login_is_refused(registry: RegistryProxy, upstream: Upstream, auth: tuple[str, str]) -> None:
    assert call(registry, "GET", "/v2/epoch/tags/list", auth=auth).status_code == 401
    assert upstream.asked == []


@pytest.mark.parametrize("value", ["Basic", "Basic ///", "Bearer x", "Basic w6k="])
def test_what_is_no_login_is_refused_without_an_error(registry: RegistryProxy, value: str) -> None:
    assert call(registry, "GET", "/v2/", headers={"Authorization": value}).status_code == 401


def test_the_token_of_ecrs_api_opens_the_registry(registry: RegistryProxy) -> None:
    assert call(registry, "GET", "/v2/", auth=login()).status_code == 200


def test_a_repository_that_was_not_created_is_unknown(registry: RegistryProxy, upstream: Upstream) -> None:
    response = push(registry, "absent", "v1")
    assert (response.status_code, error(response)) == (404, "NAME_UNKNOWN")
    assert "'absent'" in response.json()["errors"][0]["message"]
    assert upstream.asked == []


def test_a_pushed_image_appears_in_ecrs_api(registry: RegistryProxy, repository: str) -> None:
    assert push(registry, repository, "v1").status_code == 201
    (image,) = boto3.client("ecr", "us-west-2").describe_images(repositoryName=repository)["imageDetails"]
    digest = hashlib.sha256(json.dumps(MANIFEST).encode()).hexdigest()
    assert (image["imageTags"], image["imageDigest"]) == (["v1"], f"sha256:{digest}")


def test_a_second_tag_of_the_same_image_is_no_second_image(registry: RegistryProxy, repository: str) -> None:
    push(registry, repository, "v1")
    push(registry, repository, "v2")
    assert len(boto3.client("ecr", "us-west-2").list_images(repositoryName=repository)["imageIds"]) == 2
    assert tags(repository) == {"v1", "v2"}


def test_an_image_that_the_data_plane_refused_does_not_appear(
    registry: RegistryProxy, repository: str, upstream: Upstream
) -> None:
    registry._client = httpx.AsyncClient(
        base_url="http://127.0.0.1:9912", transport=httpx.MockTransport(lambda _: streamed(400))
    )
    assert push(registry, repository, "v1").status_code == 400
    assert tags(repository) == set()


def test_an_immutable_tag_is_not_moved(registry: RegistryProxy, upstream: Upstream) -> None:
    make_repository("fixed", "IMMUTABLE")
    push(registry, "fixed", "v1")
    response = push(registry, "fixed", "v1", annotations={"another": "image"})
    assert (response.status_code, error(response)) == (400, "TAG_INVALID")
    assert "cannot be overwritten" in response.json()["errors"][0]["message"]
    assert len(upstream.asked) == 1


def test_the_same_image_may_be_pushed_to_an_immutable_tag_again(registry: RegistryProxy) -> None:
    make_repository("fixed", "IMMUTABLE")
    assert push(registry, "fixed", "v1").status_code == 201
    assert push(registry, "fixed", "v1").status_code == 201


def test_a_mutable_tag_is_moved(registry: RegistryProxy, repository: str) -> None:
    push(registry, repository, "v1")
    push(registry, repository, "v1", annotations={"another": "image"})
    found = boto3.client("ecr", "us-west-2").describe_images(
        repositoryName=repository, imageIds=[{"imageTag": "v1"}]
    )
    content = json.dumps({**MANIFEST, "annotations": {"another": "image"}}).encode()
    expected = f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert [image["imageDigest"] for image in found["imageDetails"]] == [expected]
    listed = boto3.client("ecr", "us-west-2").list_images(repositoryName=repository)["imageIds"]
    assert [image.get("imageTag") for image in listed].count("v1") == 1
    assert len(listed) == 2


def test_an_image_is_found_by_tag_only_where_it_was_pushed(registry: RegistryProxy, repository: str) -> None:
    response = call(registry, "GET", f"/v2/{repository}/manifests/v1", auth=login())
    assert (response.status_code, error(response)) == (404, "MANIFEST_UNKNOWN")
    push(registry, repository, "v1")
    assert call(registry, "GET", f"/v2/{repository}/manifests/v1", auth=login()).content == b"content"


def test_an_upload_goes_on_at_the_same_host_and_the_login_stays_outside(
    registry: RegistryProxy, repository: str, upstream: Upstream
) -> None:
    response = call(registry, "POST", f"/v2/{repository}/blobs/uploads/", auth=login())
    assert response.headers["location"] == f"/v2/{repository}/blobs/uploads/1?state=x"
    (asked,) = upstream.asked
    assert asked.url.path == f"/v2/{HOST}/{repository}/blobs/uploads/"
    assert "authorization" not in asked.headers


def test_public_registries_need_no_login_and_no_repository(
    registry: RegistryProxy, upstream: Upstream
) -> None:
    response = call(registry, "GET", "/v2/pause/manifests/3.10", host="registry.k8s.io")
    assert response.content == b"content"
    assert upstream.asked[0].url.path == "/v2/registry.k8s.io/pause/manifests/3.10"
