"""What the actions that our workflows use do, in small. Knows their inputs, nothing of who uses them."""

from __future__ import annotations

import fnmatch
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

Mint = Callable[[dict[str, str]], str] | None


class Failed(Exception):
    """The action fails, in its own words."""


def checkout(job: Any, given: dict[str, Any]) -> str:
    """Of the run's commit: alone, or with its history."""
    depth = [] if given.get("fetch-depth") == 0 else ["--depth=1"]
    git(job.workspace, "init", "-q")
    git(job.workspace, "remote", "add", "origin", f"file://{job.runner.remote}")
    git(job.workspace, "fetch", "-q", *depth, "origin", job.event.sha)
    git(job.workspace, "checkout", "-q", "FETCH_HEAD")
    return f"at {job.event.sha}"


def credentials(job: Any, given: dict[str, Any]) -> str:
    """Who the run is, signed by GitHub, exchanged for a role's credentials."""
    if job.job.get("permissions", {}).get("id-token") != "write" or job.event.fork:
        raise Failed("Credentials could not be loaded: no id-token for this job")
    token = job.runner.sign(job.event.claims(job.job.get("environment", "")))
    found = _assumed(given, token)
    told = {
        "AWS_ACCESS_KEY_ID": found["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": found["SecretAccessKey"],
        "AWS_SESSION_TOKEN": found["SessionToken"],
        "AWS_REGION": given["aws-region"],
        "AWS_DEFAULT_REGION": given["aws-region"],
    }
    with (job.place / "env").open("a") as file:
        file.writelines(f"{name}={text}\n" for name, text in told.items())
    return f"as {given['role-to-assume']}"


def _assumed(given: dict[str, Any], token: str) -> dict[str, str]:
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config
    from botocore.exceptions import ClientError

    sts = boto3.client("sts", region_name=given["aws-region"], config=Config(signature_version=UNSIGNED))
    try:
        answer = sts.assume_role_with_web_identity(
            RoleArn=given["role-to-assume"],
            RoleSessionName="GitHubActions",
            WebIdentityToken=token,
            DurationSeconds=int(given.get("role-duration-seconds", 3600)),
        )
    except ClientError as error:
        raise Failed(f"Could not assume role with OIDC: {error}") from error
    return dict(answer["Credentials"])


def upload(job: Any, given: dict[str, Any]) -> str:
    source, target = job.workspace / given["path"], job.artifacts / given["name"]
    if not source.is_dir():
        raise Failed(f"No files were found with the provided path: {given['path']}")
    shutil.copytree(source, target)
    return given["name"]


def download(job: Any, given: dict[str, Any]) -> str:
    """Every artifact of the pattern, into one folder; none is no failure."""
    assert given["merge-multiple"] is True
    names = [path for path in sorted(job.artifacts.glob("*")) if fnmatch.fnmatch(path.name, given["pattern"])]
    for path in names:
        shutil.copytree(path, job.workspace / given["path"], dirs_exist_ok=True)
    return f"Total of {len(names)} artifact(s) downloaded"


def installed(program: str) -> Callable[[Any, dict[str, Any]], str]:
    """A program is on PATH afterwards: here it is already."""

    def check(job: Any, given: dict[str, Any]) -> str:
        if shutil.which(program, path=job.env["PATH"]) is None:
            raise Failed(f"there is no {program}")
        return program

    return check


def git(directory: Path, *words: str) -> str:
    """Run git there; what it says."""
    identity = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com", "-c", "commit.gpgsign=false"]
    argv = ["git", "-C", str(directory), *identity, *words]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise Failed(f"git {' '.join(words)}: {done.stderr}")
    return done.stdout.strip()


ACTIONS = {
    "actions/checkout": checkout,
    "actions/upload-artifact": upload,
    "actions/download-artifact": download,
    "aws-actions/configure-aws-credentials": credentials,
    "hashicorp/setup-terraform": installed("terraform"),
}
