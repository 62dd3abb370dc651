"""`verify`: every layer between the pods and the HTTPS answer, in order; names the first that fails."""

from __future__ import annotations

from epochctl.steps.verify.step import Verify

__all__ = ["Verify"]
