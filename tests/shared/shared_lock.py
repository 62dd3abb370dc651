"""A lock object as S3 has it, in memory: conditional writes by marks that change with each write."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Written:
    text: str
    etag: str


class SharedLock:
    """`bucket` false: there is none yet."""

    def __init__(self, text: str = "", *, bucket: bool = True) -> None:
        self.bucket, self.count = bucket, 1
        self.now: Written | None = Written(text, "1") if text else None

    def read(self) -> Written | None:
        return self.now

    def create(self, text: str) -> str:
        if not self.bucket:
            return "no bucket"
        return "taken" if self.now else self._write(text)

    def replace(self, text: str, etag: str) -> str:
        if not self.bucket:
            return "no bucket"
        return self._write(text) if self.now and self.now.etag == etag else "taken"

    def delete(self, etag: str) -> bool:
        ours = self.now is not None and self.now.etag == etag
        self.now = None if ours else self.now
        return ours

    def _write(self, text: str) -> str:
        self.count += 1
        self.now = Written(text, str(self.count))
        return self.now.etag
