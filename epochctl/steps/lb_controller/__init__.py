"""`lb-controller`: the AWS Load Balancer Controller, installed until its webhook admits an Ingress."""

from __future__ import annotations

from epochctl.steps.lb_controller.step import LbController

__all__ = ["LbController"]
