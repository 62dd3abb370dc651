"""`acm-cert`: the ACM certificate of the host name, from the request to its removal."""

from __future__ import annotations

from epochctl.steps.acm_cert.step import AcmCert

__all__ = ["AcmCert"]
