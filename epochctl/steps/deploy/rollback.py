"""Rolls a failed release back to the revision before, and tells what serves then and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from epochctl.command import Command
from epochctl.errors import DeadlineError, DeployError
from epochctl.steps.deploy.service_release import ServiceRelease
from epochctl.steps.deploy.watch import NoRollbackError
from epochctl.workflow.step import Context

NEWLINE = "\n"
AGAIN = f"then {Command('deploy')}"


@contextmanager
def roll_back_on_failure(ctx: Context, release: ServiceRelease, replaced: bool) -> Iterator[None]:
    """Roll back if the block fails, and raise its failure as a DeployError that says what serves now.

    replaced: whether this run sent a new revision. A NoRollbackError is raised as it is.
    """
    try:
        yield
    except NoRollbackError:
        raise
    except (DeployError, DeadlineError) as failure:
        ctx.report(f"{failure.what}: {failure.why.partition(NEWLINE)[0]}")  # first: a rollback takes its time
        result = _roll_back(release, replaced)
        ctx.report(result)
        advice = failure.fix or "put the cause right"
        fix = f"{advice}, {AGAIN} ({result})"
        raise DeployError(failure.what, why=failure.why, fix=fix) from failure


def _roll_back(release: ServiceRelease, replaced: bool) -> str:
    """Go back where this run, or one that was killed, replaced the revision. Return what is there now."""
    helm, name, namespace = release.cluster.helm, release.name, release.namespace
    state = release.state()
    if state is None:
        return "nothing is installed"
    older = helm.revision_before(name, namespace, state.revision)
    if older is not None and (replaced or _is_halfway(release)):
        helm.rollback(name, namespace, older)
        return f"back at revision {older}, {_availability(release)}"
    if older is None and replaced:
        helm.uninstall(name, namespace)
        return "the first install was taken back"
    if older is not None:
        return f"left as it is; {Command('rollback')} goes back to an older revision"
    return "left as it is: there is no older revision to go back to"


def _availability(release: ServiceRelease) -> str:
    """Return whether pods are ready: a rollout stops no old pod before a new one is ready."""
    pods = release.cluster.kube.pods(release.namespace, f"app.kubernetes.io/instance={release.name}")
    is_serving = any(pod.ready and not pod.terminating for pod in pods)
    return "which still serves" if is_serving else f"none of whose pods is ready yet: {Command('status')}"


def _is_halfway(release: ServiceRelease) -> bool:
    """Return whether pods of an older revision are left: then the current one never became healthy."""
    live = release.cluster.kube.deployment(release.namespace, release.name)
    return live is not None and live.total > live.updated
