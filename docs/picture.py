"""The picture in README: a real `up`, drawn again from its journal by the console that drew it.

`python docs/picture.py .epochctl/NAME/ENVIRONMENT/REGION/journal.jsonl` keeps the journal's last `up` that
ended well in docs/up.jsonl and draws docs/up.svg from it; without an argument it only draws.
"""

from __future__ import annotations

import io
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console as RichConsole
from rich.terminal_theme import MONOKAI

from epochctl.cli.output.terminal import Console
from epochctl.workflow import events

RECORD = Path(__file__).with_name("up.jsonl")
PICTURE = Path(__file__).with_name("up.svg")
KEPT = {"at", "event", "step", "command", "steps", "changed", "seconds", "detail", "ok"}  # not who and where
TITLE = "up epoch-production in us-west-2"
URL = "https://epoch.sandbox.test/"


def main() -> None:
    if sys.argv[1:]:
        lines = "".join(json.dumps(entry) + "\n" for entry in last_up(Path(sys.argv[1])))
        RECORD.write_text(lines)
    PICTURE.write_text(drawn())


def last_up(journal: Path) -> list[dict[str, Any]]:
    """The entries of its last `up` that ended well."""
    entries = [json.loads(line) for line in journal.read_text().splitlines()]
    begun = [one["run"] for one in entries if one["event"] == "run_started" and one["command"] == "up"]
    ended = {one["run"] for one in entries if one["event"] == "run_finished" and one["ok"]}
    run = next(run for run in reversed(begun) if run in ended)
    return [{k: v for k, v in one.items() if k in KEPT} for one in entries if one["run"] == run]


def drawn() -> str:
    """docs/up.jsonl as the last picture on the screen, in SVG."""
    entries = [json.loads(line) for line in RECORD.read_text().splitlines()]
    now = [moment(entries[0])]
    hidden = RichConsole(file=io.TextIOWrapper(io.BytesIO(), "utf-8"), width=96, _environ={})
    console = Console(TITLE, hidden, lambda: now[0])
    console._running = True  # nothing is painted on the way
    steps = tuple(entries[0]["steps"])
    console(events.RunStarted("", "up", steps))
    finished = [entry for entry in entries if entry["event"] == "step_finished"]
    moments: list[tuple[float, events.Event]] = []
    for one in finished:
        start = moment(one) - one["seconds"]
        moments.append((start, events.StepStarted(one["step"], "apply")))
        done = events.StepFinished(one["step"], one["changed"], one["seconds"], one["detail"])
        moments.append((moment(one), done))
    for at, event in sorted(moments, key=lambda pair: pair[0]):
        now[0] = at
        console(event)
    now[0] = moment(entries[0]) + entries[-1]["seconds"]
    # Nothing of the terminal that it is drawn in: a dumb one is 80 columns wide to rich.
    shown = RichConsole(file=io.StringIO(), width=96, record=True, force_terminal=True, _environ={})
    shown.print("[bold]$ epochctl up --sandbox[/bold]", highlight=False)
    shown.print(console._tree())
    shown.print(f"\n{URL} answers.\nLook around: epochctl status --sandbox", highlight=False)
    return shown.export_svg(title="epochctl", theme=MONOKAI, unique_id="up")


def moment(entry: dict[str, Any]) -> float:
    return datetime.fromisoformat(entry["at"]).timestamp()


if __name__ == "__main__":
    main()
