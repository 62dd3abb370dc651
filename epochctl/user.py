"""The user that runs epochctl, as locks, the journal and release notes name them."""

from __future__ import annotations

import getpass
import os
import socket


def user_name() -> str:
    """Return the login name, or the number of a user id without an entry in the password file."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def whoami() -> str:
    """Return user@host, as Terraform writes it into a lock."""
    return f"{user_name()}@{socket.gethostname()}"
