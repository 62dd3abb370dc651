"""One question to the world's own http: its answer on stdout; a refusal on stderr, and exit code 1.

python -I question.py METHOD URL [JSON]. Imports nothing of the sandbox: it starts in an instant.
"""

from __future__ import annotations

import sys
import urllib.error
import urllib.request

SECONDS = 60


def ask(method: str, url: str, body: str = "") -> int:
    request = urllib.request.Request(url, data=body.encode() or None, method=method)
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            sys.stdout.write(answer.read().decode())
            return 0
    except urllib.error.HTTPError as error:
        sys.stderr.write(error.read().decode(errors="replace"))
    except OSError as error:
        sys.stderr.write(f"error: the world does not answer\n  why: {error}\n")
    return 1


if __name__ == "__main__":
    sys.exit(ask(*sys.argv[1:]))
