"""ECR replication: an image that is pushed in one region appears in others with the same digest."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
import urllib.request
from collections import OrderedDict
from dataclasses import dataclass

from sandbox.moto_patches.backends import ACCOUNT, MOTO_LOCK, backend
from sandbox.moto_patches.ecr_images import conflicts_with_immutable_tag, record_push
from sandbox.moto_patches.ecr_replication import Progress, destinations

DELAY_SECONDS = 1.0  # AWS: most images within half an hour, small ones within seconds
KEPT = 1000  # images whose progress is remembered
log = logging.getLogger("replication")


@dataclass(frozen=True)
class Push:
    """One manifest that has been pushed. tag: "" for one by digest."""

    repository: str
    body: bytes
    digest: str
    tag: str
    media_type: str


class ImageReplication:
    """Copies in the order of the pushes: an index comes after the manifests it names."""

    def __init__(self, upstream: str) -> None:
        """upstream: http base URL of the data plane."""
        self.progress: Progress = OrderedDict()
        self._upstream = upstream
        self._jobs: queue.Queue[tuple[float, str, str, Push]] = queue.Queue()

    def start(self) -> None:
        threading.Thread(target=self._work, name="replication", daemon=True).start()

    def enqueue(self, region: str, push: Push) -> None:
        """It was pushed in that region: by the rules of this moment it goes elsewhere."""
        for destination in destinations(region, push.repository):
            key = (region, push.repository, push.digest)
            self.progress.setdefault(key, {})[destination] = "IN_PROGRESS"
            self._jobs.put((time.monotonic() + DELAY_SECONDS, region, destination, push))
        while len(self.progress) > KEPT:
            self.progress.pop(next(iter(self.progress)))

    def _work(self) -> None:
        while True:
            due, region, destination, push = self._jobs.get()
            time.sleep(max(0.0, due - time.monotonic()))
            try:
                status = "COMPLETE" if self._copy(destination, push) else "FAILED"
            except Exception:  # one image that cannot be copied must not end the others
                log.exception("%s to %s", push.repository, destination)
                status = "FAILED"
            key = (region, push.repository, push.digest)
            self.progress.setdefault(key, {})[destination] = status

    def _copy(self, region: str, push: Push) -> bool:
        repository = _repository(region, push.repository)
        if push.tag and conflicts_with_immutable_tag(repository, push.tag, push.digest):
            return False
        host = f"{ACCOUNT}.dkr.ecr.{region}.amazonaws.com"
        reference = push.tag or push.digest
        url = f"{self._upstream}/v2/{host}/{push.repository}/manifests/{reference}"
        kind = {"Content-Type": push.media_type}
        request = urllib.request.Request(url, push.body, kind, method="PUT")
        with contextlib.closing(urllib.request.urlopen(request, timeout=20)):
            record_push(region, push.repository, push.body, push.digest, push.tag, push.media_type)
        return True


def _repository(region: str, name: str) -> object:
    """ECR makes the repository where there is none."""
    ecr = backend("ecr", region)
    with MOTO_LOCK:
        if name not in ecr.repositories:
            ecr.create_repository(name, ACCOUNT, {"encryptionType": "AES256"}, None, "MUTABLE", [])
        return ecr.repositories[name]
