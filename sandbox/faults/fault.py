"""The definition of a fault: its name, summary, options with defaults, and how it starts and stops."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.eks.clusters import Clusters
from sandbox.errors import SandboxError
from sandbox.frontend.aws_frontend import AwsFrontend
from sandbox.moto_patches.elbv2 import LoadBalancers
from sandbox.network.dns_server import DnsResponder

Value = str | int | float
Options = Mapping[str, Any]
Stop = Callable[[], None]


@dataclass(frozen=True)
class FaultContext:
    """The objects that a fault may change, beside moto's backends (sandbox.moto_patches.backends)."""

    clusters: Clusters
    load_balancers: LoadBalancers
    dns: DnsResponder
    frontend: AwsFrontend
    renew_credentials: Callable[[], None] = lambda: (
        None
    )  # the engineer gets new credentials, `exec` exports them


@dataclass(frozen=True)
class Fault:
    """A fault. start(context, options) begins it and returns a function that ends it. options: defaults."""

    name: str
    summary: str
    start: Callable[[FaultContext, Options], Stop]
    options: Mapping[str, Value] = field(default_factory=dict)

    def parse_options(self, given: Mapping[str, str]) -> dict[str, Value]:
        """The defaults with what was given. Raises SandboxError for what is no option, or not readable."""
        chosen = dict(self.options)
        for key, text in given.items():
            if key not in self.options:
                known = ", ".join(f"{k}={v}" for k, v in self.options.items()) or "none"
                raise SandboxError(f"{self.name} has no option {key}", fix=f"its options: {known}")
            kind = type(self.options[key])
            try:
                chosen[key] = kind(text)
            except ValueError as error:
                raise SandboxError(f"{key}={text}: a number is expected", why=self.summary) from error
        return chosen

    def documentation_row(self) -> str:
        """Its line in docs/sandbox.md."""
        options = " ".join(f"{key}={value}" for key, value in self.options.items())
        return f"| `{self.name}` | {self.summary} | {f'`{options}`' if options else ''} |"
