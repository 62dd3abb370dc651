"""An emulated account and the real terraform: the root is copied, and only the copy knows where the
account is.

moto 5.2.5 differs from AWS in some answers of EKS, EC2 and S3; that is put right here.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from epochctl.aws.ecr import Ecr
from epochctl.aws.elbv2 import Elbv2
from epochctl.aws.import_ids import ImportIds
from epochctl.aws.network import Network
from epochctl.aws.security_groups import SecurityGroups
from epochctl.aws.session import Aws
from epochctl.aws.state_bucket import StateBucket
from epochctl.config.settings import Settings
from epochctl.kube.orphans import Orphans
from epochctl.steps.infra_up import InfraUp, Reviewed
from epochctl.tools.terraform import Terraform
from epochctl.workflow.events import Event
from epochctl.workflow.outputs import Outputs
from epochctl.workflow.step import Context

REGION = "us-west-2"
ROOT = Path(__file__).parents[3] / "terraform"
_OVERRIDE = """
terraform {
  backend "s3" {
    encrypt        = true
    use_lockfile   = true
    use_path_style = true
  }
}
"""


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty account; the SDKs' own variables point at it."""
    from moto.server import ThreadedMotoServer

    monkeypatch.setenv("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
    _put_right(monkeypatch)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    _reset()
    yield f"http://{host}:{port}"
    server.stop()
    _reset()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of terraform/ whose backend speaks to a server that has one name only."""
    copy = tmp_path / "terraform"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".terraform"))
    (copy / "emulated_override.tf").write_text(_OVERRIDE)
    return copy


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(hostname="api.example.com", directory=tmp_path)


class Hurried:
    """A clock that runs a thousand times too fast, for waits that end in a deadline."""

    def now(self) -> float:
        return time.monotonic() * 1000

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / 1000)


class World:
    """The step with its collaborators, as the catalog makes it; a new one is a new run of epochctl."""

    def __init__(self, root: Path, settings: Settings, reviewed: Reviewed | None = None) -> None:
        self.aws = Aws(REGION)
        self.bucket = StateBucket(self.aws)
        self.terraform = Terraform(root, settings.state_directory(REGION) / "terraform", REGION)
        groups = SecurityGroups(self.aws)
        network = Network(self.aws, groups)
        access = settings.cluster.access
        self.import_ids = ImportIds(self.aws, settings.full_name, settings.tags, access)
        self.step = InfraUp(
            settings,
            REGION,
            aws=self.aws,
            terraform=self.terraform,
            ecr=Ecr(self.aws),
            network=network,
            orphans=Orphans(settings.full_name, settings.tags, Elbv2(self.aws), groups, network),
            bucket=self.bucket,
            import_ids=self.import_ids,
            reviewed=reviewed,
        )
        self.network = network
        self.events: list[Event] = []
        self.ctx = Context("infra-up", Outputs(), self.events.append)
        self.hurried = Context("infra-up", Outputs(), self.events.append, Hurried())

    @property
    def said(self) -> str:
        return "\n".join(str(getattr(event, "message", "")) for event in self.events)


@pytest.fixture
def world(account: str, root: Path, settings: Settings) -> World:
    return World(root, settings)


def _reset() -> None:
    from moto.moto_api._internal import moto_api_backend

    moto_api_backend.reset()


def _put_right(monkeypatch: pytest.MonkeyPatch) -> None:
    from moto.ec2.models.nat_gateways import NatGatewayBackend
    from moto.ec2.responses.launch_templates import LaunchTemplates
    from moto.eks import models
    from moto.iam.access_control import PermissionResult
    from moto.s3.models import FakeBucket

    # It refuses what a policy denies only without TLS: conditions are not read.
    monkeypatch.setattr(FakeBucket, "get_permission", lambda *arguments: PermissionResult.NEUTRAL)

    monkeypatch.setattr(models, "DEFAULT_REMOTE_ACCESS", None)
    monkeypatch.setattr(models.Cluster, "access_config", {"authenticationMode": "API"}, raising=False)
    monkeypatch.setattr(models.Cluster, "upgrade_policy", {"supportType": "STANDARD"}, raising=False)
    deleted = NatGatewayBackend.delete_nat_gateway

    def delete_nat_gateway(self: Any, nat_gateway_id: str) -> Any:
        gateway = deleted(self, nat_gateway_id)
        self.delete_network_interface(gateway._eni.id)  # it goes with its gateway
        return gateway

    monkeypatch.setattr(NatGatewayBackend, "delete_nat_gateway", delete_nat_gateway)
    described = LaunchTemplates.describe_launch_template_versions

    def describe_versions(self: Any) -> Any:
        answer = described(self)
        for version in answer.result["LaunchTemplateVersions"]:
            data = version["LaunchTemplateData"]
            data["TagSpecifications"] = [
                item
                for item in data.get("TagSpecifications", [])
                if item["ResourceType"] != "launch-template"
            ]
        return answer

    monkeypatch.setattr(LaunchTemplates, "describe_launch_template_versions", describe_versions)
