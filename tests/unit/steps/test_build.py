"""`build` as a user meets it.

Made once, made again only when something changed, nothing for an image of their own.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from epochctl.config.settings import Cluster, Service, Settings
from epochctl.errors import ImageError
from epochctl.image import assembler, rootfs
from epochctl.image.elf import Libraries
from epochctl.image.entries import complete, file
from epochctl.image.layout import pack
from epochctl.outputs import Image
from epochctl.steps import build
from epochctl.tools.docker import Docker, build_argv
from epochctl.workflow.outputs import Outputs
from epochctl.workflow.step import Context

HERE = rootfs.architecture()
TYPES = {"amd64": ("t3.medium",), "arm64": ("t4g.medium",)}
OTHER = "arm64" if HERE == "amd64" else "amd64"


class FakeDocker(Docker):
    """Exports one file where it answers at all."""

    def __init__(self, answers: bool) -> None:
        self._answers = answers

    def answers(self) -> bool:
        return self._answers

    def export_root(self, context: Path, platform: str, archive: Path) -> None:
        archive.write_bytes(pack(complete([file("/from", platform.encode())])))


def context() -> Context:
    return Context("build", Outputs(), lambda event: None)


def settings(directory: Path, architecture: str = HERE, image: str = "") -> Settings:
    cluster = Cluster(instance_types=TYPES[architecture])
    return Settings(
        hostname="e.example.com", directory=directory, cluster=cluster, service=Service(image=image)
    )


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A server of one module, so that nothing is compiled or linked here."""
    module = tmp_path / "app.py"
    module.write_text("a = 1")
    sources = rootfs.Sources(module, (("/app/server/app.py", module),), (), (), Libraries("", ()))
    monkeypatch.setattr(rootfs, "find_sources", lambda server=None: sources)
    monkeypatch.setattr(
        rootfs, "assemble", lambda found: complete([file("/app/server/app.py", module.read_bytes())])
    )
    return module


def test_it_is_built_once(tmp_path: Path, source: Path) -> None:
    step = build.Build(settings(tmp_path), "us-west-2", FakeDocker(False))
    before = step.observe(context())
    made = step.apply(context())
    after = step.observe(context())
    assert (before.output, before.changes) == (None, (f"build the image for linux/{HERE}",))
    assert (after.output, after.changes) == (made, ())
    assert made.platform == f"linux/{HERE}"
    assert made.tag.endswith(made.digest.removeprefix("sha256:")[:16])


def test_regions_side_by_side_make_it_once(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    two, made = settings(tmp_path).model_copy(update={"regions": ("us-west-2", "us-east-1")}), []
    assemble = rootfs.assemble

    def counted(found: rootfs.Sources) -> Any:
        made.append(found)
        return assemble(found)

    monkeypatch.setattr(rootfs, "assemble", counted)
    steps = [build.Build(two, region, FakeDocker(False)) for region in two.regions]
    with ThreadPoolExecutor(2) as pool:
        west, east = pool.map(lambda step: step.apply(context()), steps)
    assert len(made) == 1
    assert west.digest == east.digest
    assert west.layout != east.layout  # `down` of one region takes its own away
    assert [step.observe(context()).changes for step in steps] == [(), ()]


def test_a_changed_server_is_a_change(tmp_path: Path, source: Path) -> None:
    step = build.Build(settings(tmp_path), "us-west-2", FakeDocker(False))
    before = step.apply(context())
    source.write_text("a = 2")
    assert step.observe(context()).output is None
    assert step.apply(context()).digest != before.digest


def test_a_half_written_layout_is_made_again(tmp_path: Path, source: Path) -> None:
    step = build.Build(settings(tmp_path), "us-west-2", FakeDocker(False))
    made = step.apply(context())
    (Path(made.layout) / "index.json").write_text("{")
    assert step.observe(context()).output is None
    assert step.apply(context()) == made


def test_an_image_of_the_users_own_is_not_built(tmp_path: Path) -> None:
    step = build.Build(settings(tmp_path, image="ghcr.io/o/app:v1"), "us-west-2", FakeDocker(False))
    assert step.observe(context()).output == step.apply(context()) == Image("", "", "", f"linux/{HERE}", 0)
    assert list(tmp_path.iterdir()) == []


def test_docker_builds_what_cannot_be_assembled_here(tmp_path: Path, source: Path) -> None:
    made = build.Build(settings(tmp_path, OTHER), "us-west-2", FakeDocker(True)).apply(context())
    assert made.platform == f"linux/{OTHER}"


def test_without_docker_both_processors_are_named(tmp_path: Path, source: Path) -> None:
    with pytest.raises(ImageError) as caught:
        build.Build(settings(tmp_path, OTHER), "us-west-2", FakeDocker(False)).apply(context())
    assert HERE in str(caught.value)
    assert OTHER in str(caught.value)


def test_destroy_removes_it_and_may_run_again(tmp_path: Path, source: Path) -> None:
    step = build.Build(settings(tmp_path), "us-west-2", FakeDocker(False))
    step.apply(context())
    assert step.observe(context()).exists
    assert len(step.destroy(context())) == 1
    assert step.destroy(context()) == ()
    assert not step.observe(context()).exists


def test_docker_is_asked_for_a_root_filesystem_only() -> None:
    argv: Any = build_argv(Path("/src"), "linux/arm64", Path("/t/root.tar"))
    assert argv[:4] == ("docker", "build", "--platform", "linux/arm64")
    assert argv[-3:] == ("--output", "type=tar,dest=/t/root.tar", "/src")


def test_the_assembler_knows_only_this_machine() -> None:
    assert assembler.can_assemble(f"linux/{HERE}")
    assert not assembler.can_assemble(f"linux/{OTHER}")
