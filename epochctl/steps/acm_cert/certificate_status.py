"""Which certificates can be used, which can never be, and why. Knows ACM's statuses, nothing of DNS."""

from __future__ import annotations

from epochctl.aws.acm import Acm, CertificateState
from epochctl.command import Command
from epochctl.config.settings import Settings
from epochctl.errors import CertificateError

PENDING = "PENDING_VALIDATION"
FAILED = ("FAILED", "VALIDATION_TIMED_OUT", "EXPIRED", "REVOKED")
# https://docs.aws.amazon.com/acm/latest/userguide/troubleshooting-failed.html
REASONS = {
    "CAA_ERROR": "a CAA record of the domain does not allow Amazon to issue (CAA_ERROR)",
    "INVALID_PUBLIC_DOMAIN": "the name is under no public suffix (INVALID_PUBLIC_DOMAIN)",
    "DOMAIN_NOT_ALLOWED": "Amazon holds the domain for unsafe (DOMAIN_NOT_ALLOWED)",
    "DOMAIN_VALIDATION_DENIED": "the validation was denied (DOMAIN_VALIDATION_DENIED)",
    "ADDITIONAL_VERIFICATION_REQUIRED": "ask AWS Support: they check more (ADDITIONAL_VERIFICATION_REQUIRED)",
    "OTHER": "the name is misspelt, or Amazon had a problem of its own (OTHER)",
}
TIMED_OUT = "its validation record was not found within 72 hours"


def explain_failure(state: CertificateState) -> str:
    """Return why a certificate failed, by ACM's failure reason."""
    if state.status == "VALIDATION_TIMED_OUT":
        return TIMED_OUT
    return (
        REASONS.get(state.failure_reason, state.failure_reason) or f"ACM says {state.status} of {state.arn}"
    )


def refuse_unless_pending(state: CertificateState) -> None:
    """Raise CertificateError for a status that no longer becomes ISSUED."""
    if state.status != PENDING:
        raise CertificateError(
            f"the certificate for {state.hostname} is {state.status.lower().replace('_', ' ')}",
            why=explain_failure(state),
            fix=f"correct the cause, then `{Command('cert', 'request')}` (or `up`) replaces it by a new one",
        )


def failed_certificates(states: tuple[CertificateState, ...], hostname: str) -> tuple[CertificateState, ...]:
    """Return those of the host name that must be replaced."""
    return tuple(one for one in states if one.status in FAILED and one.hostname == hostname)


def imported_certificate(acm: Acm, settings: Settings) -> CertificateState:
    """Return the certificate of settings.certificate_arn, which is used and never changed.

    Raises CertificateError if it is absent, not issued, or does not cover the host name. The settings have
    checked that it is in the right region.
    """
    arn = settings.certificate_arn
    state = acm.describe(arn)
    if state is None:
        raise CertificateError(
            f"there is no certificate {arn} in this account",
            fix="correct certificate_arn (ACM_CERTIFICATE_ARN), or remove it: epochctl then requests one",
        )
    if not state.covers(settings.hostname):
        raise CertificateError(
            f"certificate {arn} is not valid for {settings.hostname}",
            why=f"it covers {', '.join(state.names or (state.hostname,))}",
            fix="give one that covers the host name, or none: epochctl then requests it",
        )
    if state.status != "ISSUED":
        refuse_unless_pending(state)
    return state
