"""What would stop `up`, known before anything is made: facts about the account, the settings, this machine.

Reads only. Knows no terminal; `doctor` shows every fact, `up` refuses where one of them fails.
"""

from epochctl.preflight.check_result import Fact, refusal
from epochctl.preflight.checks import Examination

__all__ = ["Examination", "Fact", "refusal"]
