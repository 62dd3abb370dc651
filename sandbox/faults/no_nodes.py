"""Instances that boot and never register: the cluster does not admit their kubelets."""

from __future__ import annotations

from sandbox.faults.fault import Fault, FaultContext, Options, Stop


def start(context: FaultContext, options: Options) -> Stop:
    context.clusters.admits_nodes = False

    def stop() -> None:
        context.clusters.admits_nodes = True

    return stop


FAULT = Fault("no-nodes", "instances of node groups come up, but no node registers with the cluster", start)
