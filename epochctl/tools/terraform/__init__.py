"""terraform as epochctl uses it: init, plan to a file, apply of that very file, output."""

from epochctl.tools.terraform.client import Backend, Plan, Terraform
from epochctl.tools.terraform.failure import LockHolder, StaleLockError, StalePlanError, read_lock_holder
from epochctl.tools.terraform.proposal import Move, Proposal
from epochctl.tools.terraform.stream import Change

__all__ = [
    "Backend",
    "Change",
    "LockHolder",
    "Move",
    "Plan",
    "Proposal",
    "StaleLockError",
    "StalePlanError",
    "Terraform",
    "read_lock_holder",
]
