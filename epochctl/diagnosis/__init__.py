"""`diagnose`: layer by layer, what is wrong, why, and the next command. Reads; changes and starts nothing.

The steps compute the causes. A diagnosis asks each of them once, within a time limit, and waits for nothing.
"""

from epochctl.diagnosis.context import DiagnosisContext
from epochctl.diagnosis.finding import Finding
from epochctl.diagnosis.layers import LAYER_TIMEOUT, TOTAL_TIMEOUT, diagnose

__all__ = ["LAYER_TIMEOUT", "TOTAL_TIMEOUT", "DiagnosisContext", "Finding", "diagnose"]
