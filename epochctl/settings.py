"""What the user wants: epochctl.toml, then the environment, then flags, frozen. Reports every problem at once.

The only module that reads the environment for epochctl (the AWS SDK reads its own standard variables).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[a-z]([a-z0-9-]{0,28}[a-z0-9])?$")]


class Section(BaseModel):
    """Frozen and closed: an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Cluster(Section):
    """The EKS cluster and its one managed node group."""

    version: str = "1.36"
    instance_types: tuple[str, ...] = ("t3.medium",)
    nodes: Annotated[int, Field(ge=1, le=50)] = 2
    nat: Literal["none", "single", "per-az"] = "single"


class LbController(Section):
    """The AWS Load Balancer Controller; identity: who makes its IAM role and service account."""

    identity: Literal["eksctl", "terraform"] = "terraform"


class Service(Section):
    """The service that is deployed. image: "" means build ours; otherwise a reference that the nodes can pull."""

    image: str = ""
    port: Annotated[int, Field(ge=1, le=65535)] = 8080
    health_path: str = "/health"
    replicas: Annotated[int, Field(ge=1, le=100)] = 2


class Settings(Section):
    """Everything a run depends on. Keyed on disk and in AWS by (name, environment, region)."""

    name: Name = "epoch"
    environment: Name = "production"
    hostname: str
    certificate_arn: str = ""
    regions: tuple[str, ...] = ("us-west-2",)
    cluster: Cluster = Cluster()
    lb_controller: LbController = LbController()
    service: Service = Service()
    directory: Path = Path(".")  # where epochctl.toml stands; state files go to directory/.epochctl

    @property
    def region(self) -> str:
        """The one region of this version."""
        return self.regions[0]

    @property
    def full_name(self) -> str:
        """Names the AWS objects: <name>-<environment>."""
        return f"{self.name}-{self.environment}"

    @property
    def tags(self) -> dict[str, str]:
        return {"epochctl:name": self.name, "epochctl:environment": self.environment}

    def state_directory(self, region: str) -> Path:
        """Private files of one (name, environment, region): terraform's working data, kubeconfig, journal, image layout."""
        return self.directory / ".epochctl" / self.name / self.environment / region
