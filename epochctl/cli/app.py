"""The root command: global options, commands that are imported when they are named, and how errors are shown.

Nothing heavy is imported here: `epochctl --help` must start quickly.
"""

from __future__ import annotations

import importlib
import traceback
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from epochctl import __version__
from epochctl.cli import signals
from epochctl.cli.hints import ENTERED, hints_from_argv
from epochctl.cli.options import Globals, Injected, default_wait_value, hoist_global_options
from epochctl.errors import EpochctlError

# In the order of the help. Each module has an `app`.
COMMANDS: Mapping[str, str] = {
    "init": "init",
    "up": "up",
    "down": "down",
    "doctor": "doctor",
    "status": "status",
    "diagnose": "diagnose",
    "logs": "logs",
    "exec": "exec",
    "cert": "cert",
    "infra": "infra",
    "lb-controller": "lb_controller",
    "build": "build",
    "deploy": "deploy",
    "diff": "diff",
    "rollback": "rollback",
    "history": "history",
    "verify": "verify",
    "failover": "failover",
    "kubeconfig": "kubeconfig",
    "unlock": "unlock",
    "resume": "resume",
    "eject": "eject",
    "ci": "ci",
    "token": "token",
}
HIDDEN = {"token"}  # for kubectl, not for people


class LazyGroup(TyperGroup):
    """Imports the module of a command when it is needed."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = dict.fromkeys(COMMANDS)  # type: ignore[assignment]  # the names, for suggestions

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"epochctl.cli.commands.{COMMANDS[cmd_name]}")
        command = typer.main.get_command(module.app)
        command.name, command.hidden = cmd_name, cmd_name in HIDDEN
        return command


app = typer.Typer(
    cls=LazyGroup,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    epilog="The options above may also stand after the command. Exit codes are listed in README.md.",
)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"epochctl {__version__}")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    directory: Annotated[
        Path, typer.Option("--directory", "-C", help="Where epochctl.toml stands.", show_default=False)
    ] = Path("."),
    environment: Annotated[
        str | None, typer.Option(help="Instead of the environment in epochctl.toml.", show_default=False)
    ] = None,
    region: Annotated[
        str | None, typer.Option(help="Only this one of the regions.", show_default=False)
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show the trace of an error.")] = False,
    entered: Annotated[bool, typer.Option(ENTERED, hidden=True)] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """A small HTTP service on AWS EKS, from nothing to a verified https URL and back."""
    ctx.obj = Globals(directory, environment, region, verbose, entered, injected=ctx.obj or Injected())


def run(arguments: list[str], injected: Injected | None = None) -> int:
    """Run one command line and return the exit code. An error is shown as what, why and fix.

    injected: what tests replace.
    """
    ordered = hoist_global_options(arguments)
    with signals.handled():
        try:
            app(args=default_wait_value(ordered), prog_name="epochctl", obj=injected)
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else 1
        except EpochctlError as error:
            return _show(error, error.what, error.exit_code, ordered)
        except Exception as error:
            return _show(error, f"unexpected {type(error).__name__}: {error}", 1, ordered)
    return 0


def _show(error: Exception, what: str, code: int, ordered: list[str]) -> int:
    if "--verbose" in ordered:
        typer.echo("".join(traceback.format_exception(error)), err=True)
    hints = hints_from_argv(ordered)
    fix = getattr(error, "fix", "run again with --verbose for the trace")
    kind = "stopped" if code == 130 else "error"
    for label, text in ((kind, what), ("  why", getattr(error, "why", "")), ("  fix", fix)):
        if text:
            with suppress(OSError):  # nobody is there to read it; the exit code still tells
                typer.echo(f"{label}: {hints(text)}".replace("\n", "\n       "), err=True)
    return code
