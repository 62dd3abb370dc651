"""One call to the control API: prints the answer to stdout, or the refusal to stderr with exit code 1.

python -I http_call.py METHOD URL [JSON]. Imports only the standard library, so that it starts quickly.
"""

from __future__ import annotations

import sys
import urllib.error
import urllib.request

SECONDS = 60


def call(method: str, url: str, body: str = "") -> int:
    request = urllib.request.Request(url, data=body.encode() or None, method=method)
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            sys.stdout.write(answer.read().decode())
            return 0
    except urllib.error.HTTPError as error:
        sys.stderr.write(error.read().decode(errors="replace"))
    except OSError as error:
        sys.stderr.write(f"error: the sandbox instance does not answer\n  why: {error}\n")
    return 1


if __name__ == "__main__":
    sys.exit(call(*sys.argv[1:]))
