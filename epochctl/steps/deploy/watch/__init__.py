"""Watches a release until the load balancer serves it: release_watch waits, causes names what is wrong."""

from epochctl.steps.deploy.watch.causes import NoRollbackError, image_mismatch
from epochctl.steps.deploy.watch.release_watch import ReleaseWatch, TargetHealth

__all__ = ["NoRollbackError", "ReleaseWatch", "TargetHealth", "image_mismatch"]
