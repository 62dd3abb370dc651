"""A store of step outputs keyed by their type. Thread-safe; knows nothing of what the types mean."""

from __future__ import annotations

import threading
from typing import TypeVar, cast

T = TypeVar("T")


class Outputs:
    """What steps have published so far in this run."""

    def __init__(self, *values: object) -> None:
        self._lock = threading.Lock()
        self._values: dict[type, object] = {type(value): value for value in values}

    def put(self, value: object) -> None:
        with self._lock:
            self._values[type(value)] = value

    def find(self, kind: type[T]) -> T | None:
        """The output of that type, or None where no step has published one."""
        with self._lock:
            return cast("T | None", self._values.get(kind))

    def get(self, kind: type[T]) -> T:
        """The output of that type. Raises KeyError: the graph promises that what a step `needs` is there."""
        value = self.find(kind)
        if value is None:
            raise KeyError(f"no {kind.__name__} has been published")
        return value
