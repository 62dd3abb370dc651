"""Release downloads are verified, and given up as a whole where their hosts do not answer."""

import hashlib
import io
import tarfile
import urllib.error
import zipfile
from pathlib import Path

import pytest

from sandbox.errors import SandboxError
from sandbox.preparation.programs import PROGRAMS
from sandbox.preparation.progress import Progress
from sandbox.preparation.releases import Release, checksum, fetch, releases

BARE = Release("https://one/kubelet", "https://one/kubelet.sha256", {"kubelet": ""})
ARCHIVE = Release(
    "https://two/c.tar.gz", "https://two/SHA256SUMS", {"containerd": "bin/containerd", "ctr": "bin/ctr"}
)
ZIP = Release("https://two/t.zip", "https://two/t_SHA256SUMS", {"terraform": "terraform"})


def tar(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, body in members.items():
            member = tarfile.TarInfo(f"bin/{name}")
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))
    return packed.getvalue()


def zipped(name: str, body: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, body)
    return packed.getvalue()


class Internet(dict[str, bytes]):
    """What is at each URL; what is not there does not answer."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.publish(BARE, b"the kubelet")
        self.publish(ARCHIVE, tar(containerd=b"containerd", ctr=b"ctr", other=b"other"))
        self.publish(ZIP, zipped("terraform", b"terraform"))

    def publish(self, release: Release, body: bytes) -> None:
        self[release.url] = body
        name = release.url.rsplit("/", 1)[1]
        self[release.checksums] = f"{'0' * 64}  other\n{hashlib.sha256(body).hexdigest()}  {name}\n".encode()

    def __call__(self, url: str) -> io.BytesIO:
        self.asked.append(url)
        if url not in self:
            raise urllib.error.URLError("timed out")
        return io.BytesIO(self[url])


@pytest.fixture
def lines() -> list[str]:
    return []


def get(internet: Internet, scratch: Path, lines: list[str], *names: str) -> dict[str, bytes]:
    made = fetch(names, (BARE, ARCHIVE, ZIP), scratch, Progress(lines.append), internet)
    return {name: path.read_bytes() for name, path in made.items()}


def test_bare_programs_and_members_of_archives(tmp_path: Path, lines: list[str]) -> None:
    made = get(Internet(), tmp_path, lines, "kubelet", "containerd", "terraform", "unpublished")
    assert made == {"kubelet": b"the kubelet", "containerd": b"containerd", "terraform": b"terraform"}


def test_only_what_is_wanted_is_asked_for(tmp_path: Path, lines: list[str]) -> None:
    internet = Internet()
    get(internet, tmp_path, lines, "kubelet")
    assert all(url.startswith("https://one/") for url in internet.asked)


def test_nothing_wanted_asks_nobody(tmp_path: Path, lines: list[str]) -> None:
    internet = Internet()
    assert get(internet, tmp_path, lines) == {}
    assert internet.asked == []
    assert lines == []


def test_one_silent_host_is_asked_once_and_nothing_is_downloaded(tmp_path: Path, lines: list[str]) -> None:
    internet = Internet()
    for url in (BARE.checksums, BARE.url):
        del internet[url]
    assert get(internet, tmp_path, lines, "kubelet", "containerd", "terraform") == {}
    assert sorted(internet.asked) == [BARE.checksums, ARCHIVE.checksums]
    assert lines == ["the hosts of official releases do not answer: building from package registries instead"]


def test_a_download_that_breaks_off_is_left_to_the_build(tmp_path: Path, lines: list[str]) -> None:
    internet = Internet()
    del internet[ARCHIVE.url]
    assert get(internet, tmp_path, lines, "kubelet", "containerd") == {"kubelet": b"the kubelet"}
    assert any("given up" in line for line in lines)


def test_a_wrong_checksum_is_never_used(tmp_path: Path, lines: list[str]) -> None:
    internet = Internet()
    internet[BARE.url] = b"something else"
    with pytest.raises(SandboxError, match="is not what it should be"):
        get(internet, tmp_path, lines, "kubelet")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a" * 64, "a" * 64),
        ("a" * 64 + "\n", "a" * 64),
        (f"{'b' * 64}  other.tgz\n{'a' * 64}  name.tgz\n", "a" * 64),
        (f"{'a' * 64} *name.tgz", "a" * 64),
        (f"{'a' * 64}  _output/name.tgz", "a" * 64),
        (f"{'b' * 64}  other.tgz", ""),
        ("<html>sign in</html>", ""),
    ],
)
def test_lists_of_checksums(text: str, found: str) -> None:
    assert checksum(text, "name.tgz") == found


def test_all_but_the_controller_is_published_and_over_https() -> None:
    published = {name for release in releases("amd64") for name in release.members}
    assert {program.name for program in PROGRAMS} - published == {"aws-load-balancer-controller"}
    assert all(
        release.url.startswith("https://") and release.checksums.startswith("https://")
        for release in releases("arm64")
    )
