"""Docker, for a platform that this machine's interpreter is not. Only its builder is used.

The image stays ours.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from epochctl.errors import EpochctlError, ImageError
from epochctl.tools import process


def build_argv(context: Path, platform: str, archive: Path) -> tuple[str, ...]:
    """Build `context` and write the final stage's root filesystem to `archive`, a tar file.

    A root filesystem and not an image: every BuildKit exports it, and the image is made of it as without
    Docker.
    """
    output = f"type=tar,dest={archive}"
    return ("docker", "build", "--platform", platform, "--provenance=false", "--output", output, str(context))


class Docker:
    """The docker program on PATH, where there is one."""

    def answers(self) -> bool:
        """Whether there is a docker program and a daemon behind it."""
        if shutil.which("docker") is None:
            return False
        try:
            return process.run(["docker", "version", "--format", "{{.Server.Version}}"], timeout=10).code == 0
        except EpochctlError:
            return False

    def export_root(self, context: Path, platform: str, archive: Path) -> None:
        process.find("docker", fix="install and start Docker; or take the dockerfile line out of [ejected]")
        ended = process.run(
            build_argv(context, platform, archive), env={"DOCKER_BUILDKIT": "1"}, timeout=1800
        )
        if ended.code != 0:
            raise ImageError(
                f"Docker did not build an image for {platform}",
                why="\n".join(ended.stderr.splitlines()[-20:]),
                fix="if it lacks that platform: docker run --privileged --rm tonistiigi/binfmt --install all",
            )
