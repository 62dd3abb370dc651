"""Entry point of `python -m sandbox.preparation`: prepares the sandbox without starting an instance."""

from __future__ import annotations

import signal
import sys

from sandbox.errors import SandboxError
from sandbox.preparation.builder import prepare, report_on_stderr


def main() -> int:
    """Prepare, and show the one error there may be as what, why and what to do."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        made = prepare()
    except SandboxError as error:
        report_on_stderr(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        report_on_stderr("interrupted: run it again, it goes on where it stopped")
        return 130
    report_on_stderr(f"the sandbox is prepared: {made.bin.parent}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
