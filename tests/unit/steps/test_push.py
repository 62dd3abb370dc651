"""`push` as a user meets it.

What is there is not pushed again, and a wrong processor stops before any deployment.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from epochctl.aws.ecr import Login
from epochctl.config.settings import Service, Settings
from epochctl.errors import DeployError, ImageError
from epochctl.image.entries import complete, file
from epochctl.image.layout import Runtime, write_layout
from epochctl.outputs import Image, Infrastructure, PushedImage
from epochctl.registry import Manifest
from epochctl.steps.push import Push
from epochctl.workflow.outputs import Outputs
from epochctl.workflow.step import Context

URL = "123456789012.dkr.ecr.us-west-2.amazonaws.com/epoch-production"
DIGEST = "sha256:" + "1" * 64
INFRA = Infrastructure(
    region="us-west-2",
    account_id="123456789012",
    vpc_id="",
    public_subnet_ids=(),
    private_subnet_ids=(),
    cluster_name="",
    cluster_version="",
    node_group_name="",
    node_architecture="x86_64",
    oidc_provider_arn="",
    repository_url=URL,
    repository_name="epoch-production",
    lb_controller_role_arn="",
    lb_controller_policy_arn="",
)


class World:
    """ECR and every registry at once: digests that are there, manifests by name, and what was asked."""

    def __init__(self, *there: str) -> None:
        self.there, self.pushed, self.opened = set(there), [], []
        self.manifests: dict[str, Manifest] = {}
        self.refuses = False

    def has_image(self, repository: str, digest: str) -> bool:
        return digest in self.there

    def login(self) -> Login:
        return Login("AWS", SecretStr("token"))

    def open(self, host: str, login: Any) -> Any:
        self.opened.append((host, login is not None))
        return self

    def push(self, repository: str, tag: str, blobs: Any, manifest: Any) -> int:
        self.there.add(manifest.digest)
        if self.refuses:
            raise ImageError("the tag is taken")
        self.pushed.append((repository, tag, [blob.digest for blob in blobs]))
        return 1

    def find(self, repository: str, reference: str) -> Manifest | None:
        return self.manifests.get(reference)


@pytest.fixture
def image(tmp_path: Path) -> Image:
    runtime, entries = Runtime("1", (), (), ()), complete([file("/a", b"")])
    layout = write_layout(tmp_path / "image", entries, runtime, "linux/amd64", "")
    return Image(str(layout.directory), layout.manifest.digest, "sha256-tag", "linux/amd64", layout.size)


def step(world: World, own: str = "") -> Push:
    settings = Settings(hostname="e.example.com", service=Service(image=own))
    return Push(settings, "us-west-2", ecr=world, open_registry=world.open)  # type: ignore[arg-type]


def context(image: Image, infra: Infrastructure = INFRA) -> Context:
    return Context("push", Outputs(image, infra), lambda event: None)


def test_it_is_pushed_once(image: Image) -> None:
    world = World()
    world.manifests[image.digest] = Manifest(image.digest, ("linux/amd64",))
    push = step(world)
    assert push.observe(context(image)).output is None
    assert push.apply(context(image)) == PushedImage(URL, image.digest, image.tag)
    assert push.apply(context(image)) == push.observe(context(image)).output
    assert len(world.pushed) == 1
    assert world.opened == [("123456789012.dkr.ecr.us-west-2.amazonaws.com", True)]


def test_a_wrong_processor_is_not_even_pushed(image: Image) -> None:
    world = World()
    with pytest.raises(ImageError) as caught:
        step(world).apply(context(image, replace(INFRA, node_architecture="arm64")))
    assert "linux/amd64" in str(caught.value)
    assert "linux/arm64" in str(caught.value)
    assert world.pushed == []


def test_what_is_there_already_is_compared_too(image: Image) -> None:
    """Nodes of another kind since it was pushed: `deploy` is told that there is no image for them."""
    there, nodes = step(World(image.digest)), replace(INFRA, node_architecture="arm64")
    seen = there.observe(context(image, nodes))
    assert seen.output is None
    assert seen.changes == (f"push {image.digest[:19]}, which is for linux/amd64; the nodes are linux/arm64",)
    with pytest.raises(ImageError, match="linux/arm64"):
        there.apply(context(image, nodes))


def test_what_the_registry_really_has_is_compared(image: Image) -> None:
    world = World()
    world.manifests[image.digest] = Manifest(image.digest, ("linux/arm64",))
    with pytest.raises(ImageError, match="linux/arm64"):
        step(world).apply(context(image))


def test_somebody_else_pushing_the_same_is_no_error(image: Image) -> None:
    world = World()
    world.refuses = True
    world.manifests[image.digest] = Manifest(image.digest, ("linux/amd64",))
    assert step(world).apply(context(image)).digest == image.digest


def test_an_own_image_is_resolved_to_its_digest() -> None:
    world = World()
    world.manifests["v1"] = Manifest(DIGEST, ("linux/amd64", "linux/arm64"))
    push, nothing = step(world, "ghcr.io/o/app:v1"), Image("", "", "", "linux/amd64", 0)
    assert push.observe(context(nothing)).output == PushedImage("ghcr.io/o/app", DIGEST, "v1")
    assert push.apply(context(nothing)).reference == f"ghcr.io/o/app@{DIGEST}"
    assert world.opened[0] == ("ghcr.io", False)  # our token is for our registry only


def test_an_own_image_in_our_registry_is_asked_for_with_our_token() -> None:
    world = World()
    world.manifests[DIGEST] = Manifest(DIGEST, ("linux/amd64",))
    pushed = step(world, f"{URL}@{DIGEST}").apply(context(Image("", "", "", "linux/amd64", 0)))
    assert pushed == PushedImage(URL, DIGEST, "")
    assert world.opened[0][1]


def test_an_own_image_that_does_not_exist_is_named() -> None:
    with pytest.raises(DeployError, match="there is no image"):
        step(World(), "ghcr.io/o/app:v1").observe(context(Image("", "", "", "linux/amd64", 0)))


def test_a_registry_that_only_the_nodes_may_ask_is_fine_for_a_digest_and_for_nothing_else() -> None:
    world, nothing = World(), Image("", "", "", "linux/amd64", 0)

    def find(repository: str, reference: str) -> Manifest | None:
        raise ImageError("the registry ghcr.io refused a request")

    world.find = find  # type: ignore[method-assign]
    assert step(world, f"ghcr.io/o/app@{DIGEST}").apply(context(nothing)).digest == DIGEST
    with pytest.raises(ImageError, match="refused"):
        step(world, "ghcr.io/o/app:v1").apply(context(nothing))


def test_an_own_image_for_another_processor_is_refused() -> None:
    world = World()
    world.manifests["v1"] = Manifest(DIGEST, ("linux/arm64",))
    with pytest.raises(ImageError, match="cannot run on the nodes"):
        step(world, "ghcr.io/o/app:v1").apply(context(Image("", "", "", "linux/amd64", 0)))


def test_destroy_leaves_the_images_to_their_repository(image: Image) -> None:
    assert step(World(image.digest)).destroy(context(image)) == ()
