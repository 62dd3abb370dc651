"""Linux namespaces: start a process in new ones, run a command inside those of another process."""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from sandbox.errors import SandboxError

JOIN_ORDER = ("user", "mnt", "net", "pid")
_PR_SET_PDEATHSIG = 1
_PROBED = ("--mount", "--net", "--pid", "--fork", "true")


def start(argv: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """Run argv as process 1 of new namespaces; output to `log`. Ordinary users get a user namespace too."""
    flags = ["--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if os.geteuid() != 0:
        flags = ["--user", "--map-auto", "--map-root-user", *flags]
    with log.open("wb") as output:
        return subprocess.Popen(
            ["unshare", *flags, "--", *argv],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def check_support() -> None:
    """Raise SandboxError if this user may not create namespaces. The error names the setting and the fix."""
    for program in ("unshare", "ip", "nsenter", "mount"):
        if shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") is None:
            raise SandboxError(f"{program} is not installed", fix="install util-linux and iproute2")
    if os.geteuid() == 0:
        probe = ["unshare", *_PROBED]
    else:
        _check_user()
        probe = ["unshare", "--user", "--map-auto", "--map-root-user", *_PROBED]
    done = subprocess.run(probe, capture_output=True, text=True, timeout=10, check=False)
    if done.returncode:
        raise SandboxError(
            "this system refuses new namespaces", why=done.stderr.strip() + _blocking_setting(), fix=_FIX
        )


_FIX = (
    "allow user namespaces (see above), or run the same command with sudo, "
    "or in a container started with --privileged"
)


def _check_user() -> None:
    if shutil.which("newuidmap") is None:
        raise SandboxError(
            "newuidmap is not installed",
            why="pods run as users of their own: that takes a range of user ids, as with rootless Podman",
            fix="install uidmap (Debian, Ubuntu) or shadow-utils (Fedora), or run the same command with sudo",
        )
    names = {str(os.geteuid()), _user_name()}
    if not any(line.split(":")[0] in names for line in _lines("/etc/subuid")):
        raise SandboxError(
            "no range of user ids is set aside for you",
            why="/etc/subuid has no line for this user",
            fix=f"sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {_user_name()}",
        )


def _user_name() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def _blocking_setting() -> str:
    for name, forbidden in (
        ("kernel/unprivileged_userns_clone", "0"),
        ("user/max_user_namespaces", "0"),
        ("kernel/apparmor_restrict_unprivileged_userns", "1"),
    ):
        if _lines(f"/proc/sys/{name}") == [forbidden]:
            return f"\nthe setting {name.replace('/', '.')} is {forbidden}"
    return ""


def init_pid(unshare_pid: int) -> int | None:
    """Host process id of process 1 in the namespaces that `unshare` made; None while there is none yet."""
    children = _lines(f"/proc/{unshare_pid}/task/{unshare_pid}/children")
    return int(children[0].split()[0]) if children and children[0].strip() else None


def run(pid: int, argv: Sequence[str], env: Mapping[str, str]) -> int:
    """Run argv inside the namespaces of process `pid`, in the same working directory; returns its exit code.

    Ctrl-C reaches the command, not us; when we are killed, so is it.
    """
    directory = os.getcwd()
    _join(pid)
    child = os.fork()
    if child == 0:
        _exec_command(argv, env, directory)
    return wait_for(child)


def wait_for(child: int) -> int:
    """The exit code of our child, as a shell gives it. Ctrl-C is the child's; TERM and HUP are passed on."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda number, _: _forward_signal(child, number))
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _forward_signal(child: int, number: int) -> None:
    with suppress(ProcessLookupError):  # it has just ended by itself
        os.kill(child, number)


def _join(pid: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    same_user = os.path.samefile(f"/proc/{pid}/ns/user", "/proc/self/ns/user")
    kinds = [kind for kind in JOIN_ORDER if not (kind == "user" and same_user)]
    # All are opened first: once the mount namespace is entered, /proc is another one.
    for kind, descriptor in [(kind, os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY)) for kind in kinds]:
        if libc.setns(descriptor, 0):
            raise SandboxError("cannot enter the sandbox", why=os.strerror(ctypes.get_errno()))
        os.close(descriptor)
        if kind == "user":
            os.setresgid(0, 0, 0)
            os.setresuid(0, 0, 0)


def end_with_parent() -> None:
    """From now on this process is killed when the one that forked it ends, however it ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _exec_command(argv: Sequence[str], env: Mapping[str, str], directory: str) -> None:
    try:
        end_with_parent()
        os.chdir(directory)
        os.execvpe(argv[0], list(argv), dict(env))
    except OSError as error:
        print(f"{argv[0]}: {error.strerror}", file=sys.stderr)
        os._exit(127)
