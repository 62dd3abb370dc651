"""`python -m server`. Says what may come later, then starts."""

from __future__ import annotations

from server.deferred import defer

# What uvicorn and Starlette import for command line, threads, files and cookies, which no route of ours uses.
LATER = (
    "anyio",
    "anyio.abc",
    "anyio.to_thread",
    "http.client",
    "http.cookies",
    "json",
    "logging.config",
    "uvicorn",
)


def main() -> None:
    defer(*LATER)
    from server.process import main as serve

    serve()


if __name__ == "__main__":
    main()
