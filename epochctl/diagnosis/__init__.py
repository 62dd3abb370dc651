"""`diagnose`: layer by layer, what is wrong, why, and the next command. Reads; changes and starts nothing.

The causes are those that the steps compute; here they are asked once, each bounded in time, and none waits.
"""

from epochctl.diagnosis.case import DiagnosisContext
from epochctl.diagnosis.finding import Finding
from epochctl.diagnosis.layers import LIMIT, TOTAL, examine

__all__ = ["LIMIT", "TOTAL", "DiagnosisContext", "Finding", "examine"]
