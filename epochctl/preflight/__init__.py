"""Checks of the account, the settings and this machine, made before `up` creates anything.

They only read. `doctor` shows every result; `up` stops if one of the required checks fails.
"""

from epochctl.preflight.check_result import CheckResult, preflight_error
from epochctl.preflight.checks import Checks

__all__ = ["CheckResult", "Checks", "preflight_error"]
