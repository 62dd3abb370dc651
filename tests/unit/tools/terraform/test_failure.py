"""terraform's failures as errors that say what to do, each with its exit code."""

from __future__ import annotations

import pytest

from epochctl.errors import CredentialsError, EpochctlError, InfrastructureError, ToolError
from epochctl.tools.terraform.failure import (
    Diagnostic,
    StaleLockError,
    StalePlanError,
    UninitialisedError,
    has_left_lock,
    translate,
)

LOCKED = """Error message: operation error S3: PutObject, https response error StatusCode: 412
Lock Info:
  ID:        0b6a2c0e-7f0d-1f2e-3c4d-5e6f7a8b9c0d
  Path:      bucket/epoch/production/us-west-2/terraform.tfstate
  Operation: OperationTypeApply
  Who:       ada@engine
  Version:   1.11.4
  Created:   2026-05-01 08:56:00.5 +0000 UTC
  Info:
"""


@pytest.mark.parametrize(
    ("summary", "detail", "kind"),
    [
        ("No valid credential sources found", "Please see the docs", CredentialsError),
        ("reading EC2", "api error ExpiredToken: the token has expired", CredentialsError),
        ("creating IAM Role", "AccessDenied: not authorized to perform iam:CreateRole", CredentialsError),
        ("Failed to query available provider packages", "could not connect", ToolError),
        ("Saved plan is stale", "", StalePlanError),
        ("Backend initialization required, please run \"terraform init\"", "", UninitialisedError),
        ("creating EC2 VPC", "VpcLimitExceeded: the maximum has been reached", InfrastructureError),
    ],
)  # fmt: skip
def test_kinds(summary: str, detail: str, kind: type[EpochctlError]) -> None:
    error = translate([Diagnostic(summary, detail, "module.a.aws_x.y")], [], "apply")
    assert type(error) is kind
    assert error.fix or kind is UninitialisedError


def test_a_lock_names_who_and_when() -> None:
    error = translate([Diagnostic("Error acquiring the state lock", LOCKED)], [], "plan")
    assert isinstance(error, StaleLockError)
    assert error.exit_code == 8
    assert "ada@engine since 2026-05-01 08:56:00.5 +0000 UTC" in error.why
    assert "epochctl unlock" in error.fix
    assert error.holder.created == pytest.approx(1777625760.5)


def test_the_resource_is_named() -> None:
    error = translate([Diagnostic("boom", "why", "module.network.aws_vpc.this")], [], "apply")
    assert error.why == "aws_vpc.this: boom\nwhy"


def test_without_diagnostics_the_last_words_count() -> None:
    assert "panic: oh" in translate([], ["panic: oh"], "apply").why


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            "operation error IAM: AttachRolePolicy, https response error StatusCode: 404, RequestID: 1-a, "
            "NoSuchEntity: The role x cannot be found.",
            "NoSuchEntity: The role x cannot be found.",
        ),
        (
            "operation error S3: PutObject, https response error StatusCode: 412, RequestID: A, HostID: B=, "
            "api error PreconditionFailed: At least one",
            "PreconditionFailed: At least one",
        ),
        (
            "operation error Secrets Manager: GetSecretValue, exceeded maximum number of attempts, 3, "
            "https response error StatusCode: 0, RequestID: , request send failed",
            "request send failed",
        ),
        ("operation failed: see above", "operation failed: see above"),
    ],
)
def test_words_for_the_authors_of_sdks_are_left_out(said: str, shown: str) -> None:
    error = translate([Diagnostic("creating X", said, "module.a.aws_x.y")], [], "apply")
    assert error.why == f"aws_x.y: creating X\n{shown}"


def test_a_lock_that_could_not_be_released_is_not_the_cause() -> None:
    errors = [
        Diagnostic("validating provider credentials", "InvalidClientTokenId: the token is invalid"),
        Diagnostic("Error releasing the state lock", "a page about force-unlock"),
    ]
    error = translate(errors, [], "plan")
    assert isinstance(error, CredentialsError)
    assert "force-unlock" not in error.why
    assert has_left_lock(errors)
    assert not has_left_lock(errors[:1])


def test_a_lock_is_read_out_of_the_frame_that_terraform_draws() -> None:
    lines = [
        "╷",
        *(
            f"\x1b[31m│\x1b[0m \x1b[0m{line}"
            for line in f"Error: Error acquiring the state lock\n\n{LOCKED}".splitlines()
        ),
        "╵",
    ]
    error = translate([], lines, "state push")
    assert isinstance(error, StaleLockError)
    assert error.holder.who == "ada@engine"
