"""Instances that boot and never register: the cluster does not admit their kubelets."""

from __future__ import annotations

from sandbox.faults.fault import Fault, Options, Reach, Stop


def start(reach: Reach, options: Options) -> Stop:
    reach.clusters.admits_nodes = False

    def stop() -> None:
        reach.clusters.admits_nodes = True

    return stop


FAULT = Fault("no-nodes", "instances of node groups come up, but no node registers with the cluster", start)
