"""Secrets never show: a whole life of the service with credentials whose values are known, and everything
that it leaves searched for them.

While it runs, the argv of every process in the world is sampled; what lives shorter than a sample can escape.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from evidence import Evidence
from sandboxed import BIN, URL, Sandbox

EPOCHCTL = str(BIN / "epochctl")
EKS_TOKEN = "k8s-aws-v1."
SIGN_IN = """
import base64, boto3, json, os
given = boto3.client("sts").get_session_token()["Credentials"]
ecr = boto3.client("ecr").get_authorization_token()["authorizationData"][0]["authorizationToken"]
print(json.dumps({
    "key": given["AccessKeyId"], "secret": given["SecretAccessKey"], "token": given["SessionToken"],
    "own": os.environ["AWS_SECRET_ACCESS_KEY"],
    "ecr": ecr, "password": base64.b64decode(ecr).decode().partition(":")[2],
}))
"""
WATCH = """
import glob, json, os, sys, time
known = json.load(open(sys.argv[1]))
found, seen = set(), set()
while not os.path.exists(sys.argv[2]):
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            line = open(path, "rb").read().decode("utf-8", "replace")
        except OSError:
            continue
        seen.add(line)
        found |= {(name, line.split(chr(0))[0]) for name, word in known.items() if word in line}
    time.sleep(0.05)
print(json.dumps({"seen": len(seen), "found": sorted(found)}))
"""
OBJECTS = """
import boto3, json, sys
known = json.load(open(sys.argv[1]))
s3 = boto3.client("s3")
for bucket in s3.list_buckets()["Buckets"]:
    for item in s3.list_object_versions(Bucket=bucket["Name"]).get("Versions", []):
        got = s3.get_object(Bucket=bucket["Name"], Key=item["Key"], VersionId=item["VersionId"])
        text = got["Body"].read().decode("utf-8", "replace")
        print("OBJECT", item["Key"], [name for name, word in known.items() if word in text])
"""


class SignedIn:
    """Temporary credentials, in a private file that a shell reads: so they are in no argv of the test's."""

    def __init__(self, sandbox: Sandbox, directory: Path) -> None:
        self.sandbox = sandbox
        told = sandbox.run(sys.executable, "-c", SIGN_IN)
        given = json.loads(next(line for line in told.splitlines() if line.startswith("{")))
        self._file = directory / "credentials"
        self._file.touch(0o600)
        self._file.write_text(
            f"export AWS_ACCESS_KEY_ID='{given['key']}' AWS_SECRET_ACCESS_KEY='{given['secret']}' "
            f"AWS_SESSION_TOKEN='{given['token']}'\n"
        )
        self.secrets = {name: word for name, word in given.items() if name != "key"} | {"eks": EKS_TOKEN}
        self.known = directory / "known.json"
        self.known.touch(0o600)
        self.known.write_text(json.dumps(self.secrets))

    def epochctl(self, *arguments: str) -> str:
        script = f'. {self._file}; exec "$@"'
        return self.sandbox.run("sh", "-c", script, "sh", EPOCHCTL, *arguments, seconds=900)

    def in_text(self, text: str) -> list[str]:
        return [name for name, word in self.secrets.items() if word in text]

    @contextmanager
    def watched(self) -> Iterator[dict[str, object]]:
        """Every argv in the world meanwhile; the result is there at the end."""
        enough = self.known.with_name("enough")
        process = self.sandbox.popen("exec", "--", sys.executable, "-c", WATCH, str(self.known), str(enough))
        result: dict[str, object] = {}
        try:
            yield result
        finally:
            enough.touch()
            output, _ = process.communicate(timeout=30)
        result |= json.loads(output.splitlines()[-1])


@pytest.fixture(scope="module")
def signed_in(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> SignedIn:
    return SignedIn(sandbox, tmp_path_factory.mktemp("secret"))


@pytest.mark.timeout(1800)  # a whole life: some 3 minutes on a quiet machine
def test_a_whole_life_shows_no_secret(sandbox: Sandbox, signed_in: SignedIn, evidence: Evidence) -> None:
    with evidence(
        "secrets", "`up`, `verify`, `down` with temporary credentials whose values are known"
    ) as row:
        with signed_in.watched() as argv:
            up = signed_in.epochctl("up", "--yes", "-o", "json")
            verify = signed_in.epochctl("verify")
            files = _local(sandbox, signed_in)
            objects = sandbox.run(sys.executable, "-c", OBJECTS, str(signed_in.known))
            down = signed_in.epochctl("down", "--yes")
        assert URL in up + verify
        assert signed_in.in_text(up + verify + down) == []
        assert argv["found"] == []
        assert isinstance(argv["seen"], int)
        assert argv["seen"] > 50
        stored = [line for line in objects.splitlines() if line.startswith("OBJECT")]
        assert len(stored) >= 2
        assert [line for line in stored if not line.endswith("[]")] == []
        files += _local(sandbox, signed_in)
        logs = _logs(sandbox, signed_in)
        row.happened = (
            f"no secret key, session token, EKS token or ECR password in {argv['seen']} command lines, "
            f"{len(files)} files, {len(stored)} objects of the state bucket, {len(logs)} logs and all output"
        )


def _local(sandbox: Sandbox, signed_in: SignedIn) -> list[Path]:
    """Every file under the project's state directory, none with a secret, none for others to read."""
    files = [path for path in (sandbox.directory / ".epochctl").rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert signed_in.in_text(path.read_bytes().decode("utf-8", "replace")) == [], path
    state = next(sandbox.directory.glob(".epochctl/*/*/*"))
    assert state.stat().st_mode & 0o077 == 0
    for name in ("journal.jsonl", "run.lock", "kubeconfig", "terraform/output.jsonl"):
        path = state / name
        assert not path.exists() or path.stat().st_mode & 0o077 == 0, path
    return files


def _logs(sandbox: Sandbox, signed_in: SignedIn) -> list[str]:
    """Every log of the world."""
    names = sandbox.control("logs").split()
    for name in names:
        assert signed_in.in_text(sandbox.control("logs", name)) == [], name
    return names
