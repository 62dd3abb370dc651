"""The faults that exist and those that are on. They end with the sandbox instance."""

from __future__ import annotations

import importlib
import pkgutil
import threading
from collections.abc import Mapping
from functools import cache

from sandbox import faults
from sandbox.errors import SandboxError
from sandbox.faults.fault import Fault, FaultContext, Stop


@cache
def all_faults() -> dict[str, Fault]:
    """Every fault by its name: each module of this folder that has one."""
    names = (module.name for module in pkgutil.iter_modules(faults.__path__))
    modules = (importlib.import_module(f"{faults.__name__}.{name}") for name in names)
    found = (module.FAULT for module in modules if hasattr(module, "FAULT"))
    return {fault.name: fault for fault in sorted(found, key=lambda fault: fault.name)}


class Switchboard:
    """Starts and stops faults in one instance. Thread-safe."""

    def __init__(self, context: FaultContext) -> None:
        self._context = context
        self._lock = threading.Lock()
        self._on: dict[str, tuple[str, Stop]] = {}

    def start(self, name: str, given: Mapping[str, str]) -> str:
        """Switch on; one that is on begins anew with the new options. Raises SandboxError."""
        fault = _find_fault(name)
        chosen = fault.parse_options(given)
        description = " ".join([name, *(f"{key}={value}" for key, value in chosen.items())])
        with self._lock:
            self._end(name)
            self._on[name] = description, fault.start(self._context, chosen)
        return f"on: {description}"

    def stop(self, name: str) -> str:
        """Switch off; one that is off stays so. Raises SandboxError for an unknown name."""
        name = _find_fault(name).name
        with self._lock:
            return f"off: {name}" if self._end(name) else f"{name} was not on"

    def lines(self) -> list[str]:
        """One line a fault, the state first."""
        with self._lock:
            on = {name: description for name, (description, _) in self._on.items()}
        width = max(len(name) for name in all_faults())
        return [
            f"on   {on[name]}" if name in on else f"off  {name:{width}}  {fault.summary}"
            for name, fault in all_faults().items()
        ]

    def _end(self, name: str) -> bool:
        if name not in self._on:
            return False
        self._on.pop(name)[1]()
        return True


def _find_fault(name: str) -> Fault:
    if name not in all_faults():
        raise SandboxError(f"no fault is called {name}", fix=f"one of: {', '.join(all_faults())}")
    return all_faults()[name]
