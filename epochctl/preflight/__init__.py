"""What would stop `up`, known before anything is made: facts about the account, the settings, this machine.

Reads only. Knows no terminal; `doctor` shows every fact, `up` refuses where one of them fails.
"""

from epochctl.preflight.check_result import CheckResult, refusal
from epochctl.preflight.checks import Checks

__all__ = ["CheckResult", "Checks", "refusal"]
