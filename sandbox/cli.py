"""The command line `epoch-sandbox`: parses arguments, calls the lifecycle or the control API."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from sandbox.errors import SandboxError
from sandbox.lifecycle import SandboxInstance
from sandbox.network.addresses import AWS_ADDRESS, CONTROL_API_PORT
from sandbox.preparation.toolbox import Toolbox
from sandbox.process.namespaces import end_with_parent, wait_for


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except SandboxError as error:
        print(error.shown(), file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="epoch-sandbox", description="Emulate AWS on this machine with real parts."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, function, text in (
        ("up", _up, "start the sandbox instance, unless it is running"),
        ("down", _down, "end the sandbox instance and remove its files"),
        ("status", _status, "show whether the instance is running and where its files are"),
        ("prepare", _prepare, "download or build everything that an instance needs (once)"),
        ("shell", _shell, "open a shell inside the instance"),
        ("inventory", _inventory, "list everything that exists in the emulated account"),
    ):
        commands.add_parser(name, help=text, description=text).set_defaults(run=function)
    env = commands.add_parser("env", help="print the variables of commands inside, for a shell's eval")
    env.add_argument(
        "--tools",
        action="store_true",
        help="only PATH and the provider mirror; works without a running instance",
    )
    env.set_defaults(run=_env)
    logs = commands.add_parser("logs", help="show the log of a process, or list the processes")
    logs.add_argument("process", nargs="?", default="")
    logs.set_defaults(run=_logs)
    fault = commands.add_parser("fault", help="list, start or stop a fault")
    fault.add_argument("action", choices=("list", "start", "stop"))
    fault.add_argument("name", nargs="?", default="")
    fault.add_argument("options", nargs="*", metavar="KEY=VALUE")
    fault.set_defaults(run=_fault)
    resolver = commands.add_parser("resolver", help="show or change the region of the clients' resolver")
    resolver.add_argument(
        "region", nargs="?", default="", help="the new region; the cache of the resolver is emptied"
    )
    resolver.set_defaults(run=_resolver)
    record = commands.add_parser(
        "record", help="list, set or delete a record at another DNS provider, in elsewhere.test"
    )
    for word, text in (
        ("name", "without a name: list every record"),
        ("type", "CNAME, A, ..."),
        ("value", "without a value: delete the record"),
    ):
        record.add_argument(word, nargs="?", default="", help=text)
    record.set_defaults(run=_record)
    command = commands.add_parser(
        "exec", help="run a command inside the instance; start it if it is not running"
    )
    command.add_argument("--then-down", action="store_true", help="end the instance if the command succeeds")
    command.add_argument("command", nargs=argparse.REMAINDER)
    command.set_defaults(run=_exec)
    return parser


def _report(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _prepare_toolbox() -> Toolbox:
    # Imported late: it is half of the start-up time, and only commands that need the toolbox pay for it.
    from sandbox.preparation.builder import prepare

    return prepare(_report)


def _instance() -> SandboxInstance:
    return SandboxInstance(_prepare_toolbox)


def _up(_: argparse.Namespace) -> int:
    instance = _instance()
    started = instance.up(_report)
    _report("the sandbox instance is up" if started else "the sandbox instance is already up")
    _report("next: epochctl up --sandbox, or: epoch-sandbox shell")
    return 0


def _down(_: argparse.Namespace) -> int:
    _report("the sandbox instance has ended" if _instance().down() else "no sandbox instance is running")
    return 0


def _status(_: argparse.Namespace) -> int:
    instance = _instance()
    pid = instance.pid()
    print(f"running, process {pid}" if pid else "not running")
    print(f"files: {instance.state}")
    return 0 if pid else 1


def _prepare(_: argparse.Namespace) -> int:
    _prepare_toolbox()
    return 0


def _shell(_: argparse.Namespace) -> int:
    instance = _instance()
    instance.up(_report)
    return int(instance.run([os.environ.get("SHELL", "/bin/sh")]))


def _inventory(_: argparse.Namespace) -> int:
    return _call_control_api("GET", "/inventory")


def _fault(arguments: argparse.Namespace) -> int:
    if arguments.action == "list":
        return _call_control_api("GET", "/faults")
    if not arguments.name:
        raise SandboxError(
            f"fault {arguments.action}: the name of the fault is missing",
            fix="epoch-sandbox fault list",
            exit_code=2,
        )
    wrong = [option for option in arguments.options if "=" not in option]
    if wrong:
        raise SandboxError(f"{wrong[0]}: KEY=VALUE is expected", fix="epoch-sandbox fault list", exit_code=2)
    options = json.dumps(dict(option.split("=", 1) for option in arguments.options))
    return _call_control_api(
        "POST" if arguments.action == "start" else "DELETE", f"/faults/{arguments.name}", options
    )


def _resolver(arguments: argparse.Namespace) -> int:
    return _call_control_api("PUT" if arguments.region else "GET", "/resolver", arguments.region)


def _record(arguments: argparse.Namespace) -> int:
    if arguments.name and not arguments.type:
        raise SandboxError(
            "record: the type is missing", fix="epoch-sandbox record NAME CNAME VALUE", exit_code=2
        )
    record = {"name": arguments.name, "type": arguments.type.upper(), "value": arguments.value}
    return _call_control_api(
        "PUT" if arguments.name else "GET", "/foreign-dns", json.dumps(record) if arguments.name else ""
    )


def _call_control_api(method: str, path: str, body: str = "") -> int:
    """Send one request to the control API of the instance. Return the exit code."""
    script = str(Path(__file__).parent / "frontend" / "http_call.py")
    url = f"http://{AWS_ADDRESS}:{CONTROL_API_PORT}{quote(path)}"
    argv = [sys.executable, "-I", script, method, url, body]
    instance = _instance()
    if instance.pid() is None and _is_inside_instance(AWS_ADDRESS, CONTROL_API_PORT):
        os.execv(sys.executable, argv)
    return int(instance.run(argv))


def _is_inside_instance(address: str, port: int) -> bool:
    """Return whether this command runs inside the instance: process 1 is not visible there, the API is."""
    try:
        with socket.create_connection((address, port), 1):
            return True
    except OSError:
        return False


def _env(arguments: argparse.Namespace) -> int:
    instance = _instance()
    variables = instance.tool_environment() if arguments.tools else instance.environment()
    changed = {key: value for key, value in variables.items() if os.environ.get(key) != value}
    for key, value in sorted(changed.items()):
        print(f"export {key}={shlex.quote(value)}")
    return 0


def _logs(arguments: argparse.Namespace) -> int:
    logs = _instance().logs
    path = logs / f"{arguments.process}.log"
    if arguments.process and path.exists():
        sys.stdout.write(path.read_text(errors="replace"))
        return 0
    names = sorted(file.stem for file in logs.glob("*.log"))
    if arguments.process:
        raise SandboxError(
            f"there is no process {arguments.process}",
            fix=f"one of: {', '.join(names) or 'none: the instance is not running'}",
        )
    print("\n".join(names))
    return 0


def _exec(arguments: argparse.Namespace) -> int:
    command = arguments.command[1:] if arguments.command[:1] == ["--"] else arguments.command
    if not command:
        raise SandboxError(
            "exec: the command is missing", fix="epoch-sandbox exec -- epochctl status", exit_code=2
        )
    instance = _instance()
    instance.up(_report)
    if not arguments.then_down:
        return int(instance.run(command))
    child = os.fork()  # the parent stays outside, to end the instance
    if child == 0:
        end_with_parent()
        os._exit(instance.run(command))
    code = wait_for(child)
    if code == 0:
        instance.down()
        _report("the sandbox instance has ended; nothing of it is left")
    return code
