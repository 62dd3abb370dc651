"""What can go wrong, as a person reads it: what happened, why, and what to do next. One exit code a class."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from epochctl.command import Command, plain


class EpochctlError(Exception):
    """A failure that was foreseen.

    what: one line, the user's words. why: the cause, may be several lines.
    fix: what to do, best a line to paste.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, why: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.fix = fix

    def __str__(self) -> str:
        return plain("\n".join(part for part in (self.what, self.why, self.fix) if part))


class UsageError(EpochctlError):
    """The command line is wrong, or `--exit-code`: something would change."""

    exit_code = 2


class SettingsError(EpochctlError):
    """epochctl.toml, the environment or a flag holds something that cannot be meant."""

    exit_code = 3


class ToolError(EpochctlError):
    """A program that epochctl needs is missing, too old, or was refused by the system."""

    exit_code = 4


class CredentialsError(EpochctlError):
    """AWS credentials are missing, expired or not allowed to do this."""

    exit_code = 5


class CertificateError(EpochctlError):
    """The ACM certificate failed, or its validation cannot succeed as things stand."""

    exit_code = 6


class InfrastructureError(EpochctlError):
    """terraform, or the AWS objects it manages, failed."""

    exit_code = 7


class LockedError(EpochctlError):
    """Somebody else holds the lock on this state."""

    exit_code = 8


class ClusterError(EpochctlError):
    """The cluster does not answer, or the load balancer controller does not become ready."""

    exit_code = 9


class ImageError(EpochctlError):
    """The image could not be built or pushed."""

    exit_code = 10


class DeployError(EpochctlError):
    """The release did not become healthy; the previous one still serves."""

    exit_code = 11


class VerifyError(EpochctlError):
    """A layer between the pods and the https answer is not right; the first one is named."""

    exit_code = 12


class ResolverCacheError(EpochctlError):
    """The service is healthy, but the resolver in use still remembers that the name did not exist."""

    exit_code = 13


class LeftoversError(EpochctlError):
    """`down` finished and something that is ours is still there."""

    exit_code = 14


class DeadlineError(EpochctlError):
    """A wait reached its deadline; `why` names the cause that was last seen."""

    exit_code = 15


class NotFoundError(EpochctlError):
    """What the command asks about does not exist (yet)."""

    exit_code = 16


class PreflightError(EpochctlError):
    """`up` would not get through; every reason that was found before anything was made is named."""

    exit_code = 17


class ReviewError(EpochctlError):
    """What would be applied is not the plan that was reviewed, or that you agreed to."""

    exit_code = 18


class PlanChangedError(ReviewError):
    """The account changed after a person agreed to a plan; the step with another plan changed nothing."""


class Interrupted(EpochctlError):
    """Ctrl-C, SIGTERM, or nobody left to tell; everything under way was ended in order."""

    exit_code = 130


def ended_in_order(others: Iterable[str]) -> Interrupted:
    """Return the error of a run that was stopped. others: what failed besides, a paragraph each."""
    fix = "run the same command again to continue"
    return Interrupted("what was under way has ended in order", why="\n".join(others), fix=fix)


def unknown_caller(cluster: str, refusal: str, who: str) -> CredentialsError:
    """The cluster does not know the caller. who: who that is, and whom the cluster knows."""
    return CredentialsError(
        f"{cluster} does not know you",
        why=f"{refusal}\n{who}".strip(),
        fix="use one that it knows, or let one of them add yours to [cluster] access and run "
        f"`{Command('up')}`",
    )
