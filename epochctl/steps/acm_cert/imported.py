"""A certificate that the user brings along (certificate_arn): checked, used, never changed."""

from __future__ import annotations

from epochctl.aws.acm import Acm, CertificateState
from epochctl.config.settings import Settings
from epochctl.errors import CertificateError
from epochctl.steps.acm_cert.failed import refuse_unless_pending


def imported_certificate(acm: Acm, settings: Settings) -> CertificateState:
    """The certificate of settings.certificate_arn. Raises CertificateError where it cannot serve the host
    name.

    That it is in the right region, the settings have seen to.
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
