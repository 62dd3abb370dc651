"""`logs` and `exec`: the pods of the service in one region."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator

from epochctl.command import Command
from epochctl.config.settings import Settings
from epochctl.errors import ClusterError, NotFoundError
from epochctl.kube import ExecSession, Kube
from epochctl.operations.dependencies import Dependencies

CONTAINER = "service"  # the chart's container; a service mesh may have added others
BACKLOG = 10_000  # lines that wait to be printed


class PodCommand:
    """A command that runs in a pod: `session` has its streams, `code` its exit code."""

    def __init__(
        self, settings: Settings, dependencies: Dependencies, command: list[str], pod: str, *, is_tty: bool
    ) -> None:
        """Start it in that pod, or in the first that is ready. Raises NotFoundError."""
        kube = dependencies.clients(settings.region).kube(settings.full_name)
        self._own_image, self._words = not settings.service.image, command
        self._pod = _pod(kube, settings.full_name, pod)
        self.session: ExecSession = kube.execute(
            settings.full_name, self._pod, CONTAINER, command, stdin=True, tty=is_tty
        )

    def code(self) -> int:
        """Return the command's exit code. Raises NotFoundError if the image has no such program."""
        ended = self.session.ended
        if ended.code is not None:
            return ended.code
        program = self._words[0]
        if ended.absent:
            hint, fix = ended.message, "name a program that is in the image"
            if self._own_image:
                hint = "the image has no shell and no other programs; python3 is there"
                fix = Command("exec", "--", "python3", "-c", "...")
            raise NotFoundError(f"there is no program {program} in pod {self._pod}", why=hint, fix=fix)
        raise ClusterError(f"{program} did not run to its end in pod {self._pod}", why=ended.message)


def log_lines(
    settings: Settings, dependencies: Dependencies, *, tail: int, follow: bool
) -> Iterator[tuple[str, str]]:
    """Yield (pod, line) of every pod of the service. tail: lines of each pod to begin with.

    follow: go on with new lines until the caller stops. Raises NotFoundError if no pod runs.
    """
    kube = dependencies.clients(settings.region).kube(settings.full_name)
    pods = [pod.name for pod in kube.pods(settings.full_name)]
    if not pods:
        raise NotFoundError("no pod of the service runs", fix=Command("deploy"))
    if follow:
        return _follow({pod: kube.follow(settings.full_name, pod, tail=tail) for pod in pods})
    return ((pod, line) for pod in pods for line in kube.logs(settings.full_name, pod, tail=tail))


def _follow(streams: dict[str, Iterable[str]]) -> Iterator[tuple[str, str]]:
    """Yield the lines of all streams as they come. The threads are daemons: Ctrl-C ends them."""
    lines: queue.Queue[tuple[str, str] | None] = queue.Queue(BACKLOG)

    def read(pod: str, stream: Iterable[str]) -> None:
        try:
            for line in stream:
                lines.put((pod, line))
        finally:
            lines.put(None)

    for pod, stream in streams.items():
        threading.Thread(target=read, args=(pod, stream), daemon=True).start()
    active = len(streams)
    while active:
        try:
            found = lines.get(timeout=0.5)  # a timeout keeps the main thread able to run signal handlers
        except queue.Empty:
            continue
        if found is None:
            active -= 1
        else:
            yield found


def _pod(kube: Kube, namespace: str, wanted: str) -> str:
    pods = [pod for pod in kube.pods(namespace) if not pod.terminating]
    names = [pod.name for pod in pods]
    if wanted and wanted not in names:
        listed = f"there are: {', '.join(names) or 'none'}"
        raise NotFoundError(
            f"there is no pod {wanted}", why=listed, fix="name one of them, or leave --pod out"
        )
    running = sorted((pod for pod in pods if pod.phase == "Running"), key=lambda pod: not pod.ready)
    if not wanted and not running:
        raise NotFoundError("no pod of the service runs", why=", ".join(names), fix=Command("diagnose"))
    return wanted or running[0].name
