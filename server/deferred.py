"""Modules that are found when they are imported, and run when something of theirs is first asked for.

Half of what uvicorn and Starlette import is for what this server never does: a command line, reloading,
worker processes, threads, files. Nothing is lost, it only comes later. Knows nothing of what the modules do.
"""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any


class Finder:
    """Finds what Python would find; only `names` of it are deferred."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name not in self._names:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = Later(spec.loader)  # type: ignore[assignment]
        return spec


class Later:
    """Stands in for a module's loader until the module is needed."""

    def __init__(self, loader: Any) -> None:
        self.loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return Deferred(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Not now."""


class Deferred(ModuleType):
    """An empty module that fills itself when it is asked for a name that it has not."""

    def __getattr__(self, name: str) -> object:
        spec = self.__spec__
        if spec is not None and isinstance(spec.loader, Later) and not name.startswith("__"):
            self.__loader__ = spec.loader = spec.loader.loader
            self.__class__ = ModuleType
            spec.loader.exec_module(self)
            return getattr(self, name)
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")


def defer(*names: str) -> None:
    """From now on. What is imported already stays as it is."""
    sys.meta_path.insert(0, Finder(frozenset(names)))
