"""terraform/ and the Python side name the same things: outputs, variables, addresses, the controller's
policy."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path

from epochctl.aws.iam import iam_prefix
from epochctl.config.settings import Settings
from epochctl.outputs import Infrastructure
from epochctl.steps.infra_up import tfvars

ROOT = Path(__file__).parents[2] / "terraform"


def blocks(kind: str, text: str) -> list[str]:
    return re.findall(rf'^{kind} "(\w+)"', text, re.M)


def test_the_outputs_are_the_fields_of_infrastructure() -> None:
    assert blocks("output", (ROOT / "outputs.tf").read_text()) == [
        field.name for field in fields(Infrastructure)
    ]


def test_every_variable_without_a_default_is_given_and_no_unknown_one() -> None:
    text = (ROOT / "variables.tf").read_text()
    declared = dict(re.findall(r'^variable "(\w+)" \{(.*?)^\}', text, re.M | re.S))
    given = tfvars.variables(Settings(hostname="api.example.com"), "us-west-2").keys()
    assert given <= declared.keys()
    assert {name for name, body in declared.items() if "default" not in body} <= given


def test_every_variable_and_output_is_described_and_typed() -> None:
    for path in ROOT.rglob("*.tf"):
        for kind, body in re.findall(r'^(variable|output) "\w+" \{(.*?)^\}', path.read_text(), re.M | re.S):
            assert "description" in body, path
            assert kind == "output" or "type " in body, path


def test_the_policy_fits_into_a_managed_policy() -> None:
    path = ROOT / "modules/cluster/policies/aws-load-balancer-controller.json"
    policy = json.loads(path.read_text())
    assert len(json.dumps(policy, separators=(",", ":"))) <= 6144  # AWS's limit, without white space


def test_iam_names_fit_and_differ() -> None:
    long = (
        iam_prefix("a" * 30 + "-" + "b" * 30, "ap-northeast-1"),
        iam_prefix("a" * 30 + "-" + "c" * 30, "ap-northeast-1"),
    )
    assert long[0] != long[1]
    assert all(len(f"{stem}-lb-controller") <= 64 for stem in long)
    assert iam_prefix("epoch-production", "us-west-2") == "epoch-production-us-west-2"
