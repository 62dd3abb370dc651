"""`deploy`: the service by its chart, finished only when the load balancer serves the pushed digest."""

from __future__ import annotations

from epochctl.steps.deploy.step import Deploy

__all__ = ["Deploy"]
