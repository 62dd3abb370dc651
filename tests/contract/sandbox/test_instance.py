"""A sandbox instance from inside: no route out, host names and certificates of AWS, access, commands."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from .conftest import RunningInstance, processes, wait_for

DEEP = (
    "api.ecr.us-west-2.amazonaws.com",
    "123456789012.dkr.ecr.us-west-2.amazonaws.com",
    "state-bucket.s3.us-west-2.amazonaws.com",
)
CONNECT = """
import errno, socket, time
began = time.monotonic()
try:
    socket.create_connection(("192.0.2.200", 443), timeout=5)
except OSError as error:
    print(errno.errorcode[error.errno], time.monotonic() - began < 1)
"""
RESOLVE = """
import socket
for name in {names!r}:
    try:
        print(socket.getaddrinfo(name, 443, socket.AF_INET, socket.SOCK_STREAM)[0][4][0])
    except socket.gaierror:
        print("none")
"""
TLS = """
import socket, ssl
for context in (ssl.create_default_context(), ssl.create_default_context(cafile={bundle!r})):
    for name in {names!r}:
        with socket.create_connection((name, 443), timeout=5) as plain:
            with context.wrap_socket(plain, server_hostname=name) as secure:
                print(dict(x[0] for x in secure.getpeercert()["subject"])["commonName"])
"""
CALL = """
import boto3
from botocore.exceptions import ClientError
try:
    print(boto3.client({service!r}{keys}).{call})
except ClientError as error:
    print(error.response["Error"]["Code"])
"""


def call(instance: RunningInstance, service: str, call: str, *, key: str = "") -> str:
    keys = f", aws_access_key_id={key!r}, aws_secret_access_key='x'" if key else ""
    return instance.python(CALL.format(service=service, call=call, keys=keys))


def test_there_is_no_route_out(instance: RunningInstance) -> None:
    assert instance.python(CONNECT) == "ENETUNREACH True"


def test_names_of_aws_and_of_the_zone_are_known_and_no_others(instance: RunningInstance) -> None:
    names = (
        "sts.us-west-2.amazonaws.com",
        "api.ecr.eu-west-1.amazonaws.com",
        "python.org",
        "absent.sandbox.test",
    )
    found = instance.python(RESOLVE.format(names=names)).splitlines()
    assert found == ["198.51.100.1", "198.51.100.1", "none", "none"]


def test_programs_without_python_resolve_them_too(instance: RunningInstance) -> None:
    done = instance.call("exec", "--", "getent", "hosts", "sts.us-west-2.amazonaws.com")
    assert done.stdout.split() == ["198.51.100.1", "sts.us-west-2.amazonaws.com"]


def test_deep_names_have_certificates_that_everybody_inside_trusts(instance: RunningInstance) -> None:
    bundle = "/etc/ssl/certs/ca-certificates.crt"
    if not Path(bundle).exists():
        bundle = str(instance.lifecycle.paths.ca_bundle)
    assert instance.python(TLS.format(names=DEEP, bundle=bundle)).splitlines() == [*DEEP, *DEEP]


def test_the_exported_variables_are_an_engineers(instance: RunningInstance) -> None:
    arn = call(instance, "sts", "get_caller_identity()['Arn']")
    assert arn == "arn:aws:iam::123456789012:user/engineer"


@pytest.mark.parametrize(
    ("service", "method", "code"),
    [
        ("sts", "get_caller_identity()", "InvalidClientTokenId"),
        ("acm", "list_certificates()", "UnrecognizedClientException"),
        ("s3", "list_buckets()", "InvalidAccessKeyId"),
        ("ec2", "describe_vpcs()", "AuthFailure"),
    ],
)
def test_an_access_key_that_nobody_has_is_refused(
    instance: RunningInstance, service: str, method: str, code: str
) -> None:
    assert call(instance, service, method, key="AKIAIOSFODNN7EXAMPLE") == code


def test_commands_see_standard_variables_and_nothing_that_leads_elsewhere(instance: RunningInstance) -> None:
    outside = {
        "HTTPS_PROXY": "http://p:1",
        "AWS_PROFILE": "work",
        "KUBECONFIG": "/k",
        "TF_LOG": "x",
        "MINE": "kept",
    }
    script = f"import os; print([os.environ.get(name) for name in {tuple(outside)!r}])"
    assert instance.python(script, **outside) == "[None, None, None, None, 'kept']"


def test_commands_run_where_they_are_called(instance: RunningInstance) -> None:
    assert instance.python("import os; print(os.getcwd())") == os.getcwd()


@pytest.mark.parametrize("code", [0, 7])
def test_the_exit_code_of_a_command_is_ours(instance: RunningInstance, code: int) -> None:
    assert instance.call("exec", "--", "sh", "-c", f"exit {code}").returncode == code


def test_a_command_that_was_killed_ends_as_in_a_shell(instance: RunningInstance) -> None:
    assert instance.call("exec", "--", "sh", "-c", "kill -9 $$").returncode == 128 + 9


def test_a_command_that_is_not_there_is_127(instance: RunningInstance) -> None:
    done = instance.call("exec", "--", "no-such-program")
    assert (done.returncode, "no-such-program" in done.stderr) == (127, True)


def test_stdin_reaches_the_command(instance: RunningInstance) -> None:
    assert instance.call("exec", "--", "cat", stdin="one\ntwo\n").stdout == "one\ntwo\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_term_are_for_the_command(instance: RunningInstance, number: signal.Signals) -> None:
    script = (
        "import signal, sys, time\n"
        f"signal.signal({int(number)}, lambda *_: sys.exit(5))\n"
        "print('ready', flush=True); time.sleep(30)"
    )
    process = instance.popen("exec", "--", sys.executable, "-c", script)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # a terminal sends it to everybody in the foreground
    else:
        process.terminate()
    process.communicate(timeout=20)
    assert process.returncode == 5


@pytest.mark.parametrize("options", [(), ("--then-down",)], ids=["plain", "then down"])
def test_a_command_ends_when_who_ran_it_is_killed(
    instance: RunningInstance, options: tuple[str, ...]
) -> None:
    mark = f"{instance.name}-mark-{len(options)}"
    script = "import time; print('ready', flush=True); time.sleep(30)"
    process = instance.popen("exec", *options, "--", sys.executable, "-c", script, mark)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    assert processes(mark)
    process.kill()
    process.communicate(timeout=20)
    wait_for(lambda: not processes(mark))
    assert instance.lifecycle.pid()


def test_parts_have_logs(instance: RunningInstance) -> None:
    assert {"supervisor", "registry", "balancer"} <= set(instance.call("logs").stdout.split())
    done = instance.call("logs", "nonsense")
    assert (done.returncode, "registry" in done.stderr) == (1, True)


def test_the_inventory_is_what_an_account_begins_with(instance: RunningInstance) -> None:
    lines = instance.call("inventory").stdout.splitlines()
    assert "iam/user engineer" in lines
    assert "route53/zone sandbox.test." in lines
    assert [line for line in lines if line.startswith(("ec2/", "eks/", "elbv2/"))] == []
