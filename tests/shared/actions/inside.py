"""One workflow inside a world: `python -m actions.inside JOB.json`. What it did is written beside that file.

GitHub's API is on the world's loopback while it lasts; what it holds outlives the run, in the same file.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from dataclasses import asdict
from pathlib import Path

from actions.event import Event
from actions.github_api import State, served
from actions.runner import Runner
from sandbox.network.addresses import AWS_ADDRESS, CONTROL_API_PORT


def mint(claims: dict[str, str]) -> str:
    """Signed by the world's GitHub."""
    url = f"http://{AWS_ADDRESS}:{CONTROL_API_PORT}/github-token"
    request = urllib.request.Request(url, json.dumps(claims).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return str(answer.read().decode())


def main(job: Path) -> int:
    asked = json.loads(job.read_text())
    state = State(comments=asked["comments"], pulls=asked["pulls"])
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    with served(state) as api:
        variables = {**os.environ, "PATH": path}
        scratch, agreed = Path(asked["scratch"]), asked["agreed"]
        runner = Runner(Path(asked["repository"]), api, scratch, variables, mint, agreed)
        run = runner.run(Path(asked["workflow"]), Event(**asked["event"]))
    jobs = [asdict(one) for one in run.jobs]
    told = {"result": run.result, "comments": state.comments, "jobs": jobs, "moments": run.moments}
    job.with_suffix(".done.json").write_text(json.dumps(told))
    sys.stdout.write(f"{run.told()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
