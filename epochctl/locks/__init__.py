"""The lock around a whole run that changes something: who holds it, here and in the state's bucket."""

from epochctl.locks.holder import Holder, current_holder
from epochctl.locks.local_lock import LocalLock
from epochctl.locks.run_lock import RunLock, lock_error

__all__ = ["Holder", "LocalLock", "RunLock", "current_holder", "lock_error"]
