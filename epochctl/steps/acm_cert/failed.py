"""Certificates from which nothing will ever come: why, in words, and their replacement.

Knows ACM's reasons; nothing of DNS.
"""

from __future__ import annotations

from epochctl.aws.acm import CertificateState
from epochctl.errors import CertificateError

PENDING = "PENDING_VALIDATION"
STATUSES = ("FAILED", "VALIDATION_TIMED_OUT", "EXPIRED", "REVOKED")
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
    """Why, in words a person can act on."""
    if state.status == "VALIDATION_TIMED_OUT":
        return TIMED_OUT
    return (
        REASONS.get(state.failure_reason, state.failure_reason) or f"ACM says {state.status} of {state.arn}"
    )


def refuse_unless_pending(state: CertificateState) -> None:
    """Raises CertificateError for a status from which no certificate will ever come."""
    if state.status != PENDING:
        raise CertificateError(
            f"the certificate for {state.hostname} is {state.status.lower().replace('_', ' ')}",
            why=explain_failure(state),
            fix="correct the cause, then `epochctl cert request` (or `up`) replaces it by a new one",
        )


def failed_certificates(states: tuple[CertificateState, ...], hostname: str) -> tuple[CertificateState, ...]:
    """Those of the host name that must be replaced."""
    return tuple(one for one in states if one.status in STATUSES and one.hostname == hostname)
