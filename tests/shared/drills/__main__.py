"""The command: a world with two regions, each policy, each break; what was measured is kept after each drill.

A run that was stopped goes on where it was: what is measured already is not done again, unless --again.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from drills.memory import megabytes
from drills.page import written
from drills.plan import ROUTING, TRIALS, Trial, settings
from drills.runs import dumped, runs

ROOT = Path(__file__).resolve().parents[3]
BIN = Path(sys.executable).parent
DATA, PAGE = ROOT / "docs" / "regions.json", ROOT / "docs" / "regions.md"
UP_SECONDS, DRILL_SECONDS = 1800, 2400
Json = dict[str, Any]


def main() -> int:
    """Returns 1 where a drill did not end well."""
    options = _options()
    if not options.page:
        _measure(options)
    PAGE.write_text(written(json.loads(DATA.read_text())))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/drills", description=__doc__.splitlines()[0])
    parser.add_argument("--page", action="store_true", help="only write the page from docs/regions.json")
    parser.add_argument("--again", action="store_true", help="measure everything again")
    parser.add_argument("--keep", action="store_true", help="leave the world running")
    parser.add_argument("--directory", type=Path, default=Path(".drills"), help="where epochctl.toml is put")
    return parser.parse_args()


def _measure(options: argparse.Namespace) -> None:
    os.environ.setdefault("EPOCH_SANDBOX_NAME", "drills")
    options.directory.mkdir(parents=True, exist_ok=True)
    os.chdir(options.directory)
    known: Json = {} if options.again or not DATA.exists() else json.loads(DATA.read_text())
    measured: Json = {"drills": [], **known}
    subprocess.run([str(BIN / "epoch-sandbox"), "up"], check=True, timeout=600)
    try:
        for policy in ROUTING:
            _measure_policy(measured, policy)
    finally:
        if not options.keep:
            subprocess.run([str(BIN / "epoch-sandbox"), "down"], check=False, timeout=120)


def _measure_policy(measured: Json, policy: str) -> None:
    done = {(one["policy"], one["trial"]) for one in measured["drills"]}
    due = [trial for trial in TRIALS if (policy, trial.name) not in done]
    if not due:
        return
    Path("epochctl.toml").write_text(settings(policy))
    fresh = not Path(".epochctl").exists()
    seconds = _up()
    if fresh:
        measured["up"] = seconds
    for trial in due:
        _say(f"{policy}: {trial.words}")
        measured["drills"] = sorted([*measured["drills"], {**_drill(trial), "trial": trial.name}], key=_order)
        measured.update(_place())
        DATA.write_text(dumped(measured))


def _order(drill: Json) -> tuple[int, int]:
    """As they are planned: one that was measured again stands where it stood."""
    names = [trial.name for trial in TRIALS]
    return list(ROUTING).index(drill["policy"]), names.index(drill["trial"])


def _up() -> int:
    start = time.monotonic()
    _epochctl("up", "--yes", seconds=UP_SECONDS)
    return round(time.monotonic() - start)


def _drill(trial: Trial) -> Json:
    if trial.fault:
        output = _run(sys.executable, "-m", "drills.fault", trial.fault, seconds=DRILL_SECONDS)
    else:
        words = ("failover", "drill", "--yes", "-o", "json", "--break", "targets")
        output = _epochctl(*words, seconds=DRILL_SECONDS)
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    found: Json = next(line for line in reversed(lines) if line["event"] == "result")
    for name, value in found["measures"].items():
        _say(f"  {name}: {value}")
    kept = {key: value for key, value in found.items() if key not in ("event", "at", "seconds")}
    return {**kept, "runs": runs(found["seconds"])}


def _epochctl(*arguments: str, seconds: float) -> str:
    return _run(str(BIN / "epochctl"), *arguments, seconds=seconds)


def _run(*command: str, seconds: float) -> str:
    """Run it in the sandbox and return its stdout. Raises SystemExit if it fails."""
    argv = [str(BIN / "epoch-sandbox"), "exec", "--", *command]
    done = subprocess.run(argv, stdout=subprocess.PIPE, text=True, timeout=seconds)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-2000:]}")
    return done.stdout


def _place() -> Json:
    told = subprocess.run(
        [str(BIN / "epoch-sandbox"), "status"], stdout=subprocess.PIPE, text=True, timeout=60
    ).stdout
    found = re.search(r"process (\d+)", told)
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "cores": os.cpu_count(),
        "load": f"{os.getloadavg()[0]:.0f}",
        "memory": megabytes(int(found[1])) if found else 0,
    }


def _say(line: str) -> None:
    sys.stderr.write(f"{datetime.now():%H:%M:%S} {line}\n")


if __name__ == "__main__":
    sys.exit(main())
