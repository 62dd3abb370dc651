"""`verify`: every layer between the pods and the https answer, in order; the first that is not right is
named.
"""

from __future__ import annotations

from epochctl.steps.verify.step import Verify

__all__ = ["Verify"]
