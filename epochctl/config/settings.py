"""Settings of epochctl.toml, then the environment, then flags; all problems are reported together."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from epochctl.command import Command
from epochctl.config import package_files, routing, settings_errors, sources, validators
from epochctl.config.routing import Routing
from epochctl.errors import SettingsError

V = TypeVar("V")

LONGEST_NAME = 40
REGION_TAG = "epochctl:region"
RESERVED = {"PORT", "HEALTH_PATH", "DRAIN_SECONDS", "EPOCH_REGION"}  # the chart sets them itself

Name = Annotated[str, Field(pattern=r"^[a-z]([a-z0-9-]{0,28}[a-z0-9])?$")]
SecretName = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")]
VariableName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Cpu = Annotated[str, Field(pattern=r"^\d+(\.\d+)?m?$")]
Memory = Annotated[str, Field(pattern=r"^\d+(Ki|Mi|Gi)$")]
Principal = Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:(role|user)/\S+$")]
InstanceType = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*\.[a-z0-9-]+$")]


class Section(BaseModel):
    """Frozen and closed: an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Cluster(Section):
    """The EKS cluster and its one managed node group. access: who else administers it, by their ARNs."""

    version: Annotated[str, Field(pattern=r"^1\.\d{2}$")] = "1.36"
    instance_types: Annotated[tuple[InstanceType, ...], Field(min_length=1)] = ("t3.medium",)
    nodes: Annotated[int, Field(ge=1, le=50)] = 2
    nat: Literal["none", "single", "per-az"] = "single"
    access: tuple[Principal, ...] = ()


class LbController(Section):
    """The AWS Load Balancer Controller; identity: who makes its IAM role and service account."""

    identity: Literal["eksctl", "terraform"] = "terraform"


class Service(Section):
    """The service that is deployed. image: "" means ours; otherwise a reference that nodes can pull.

    env: variables for everybody to read; secrets: names of Secrets in its namespace, whose keys become
    variables. cpu and memory are what a pod is promised; it may use up to the limits (and is killed beyond
    memory_limit). start_seconds: how long it may take until health_path answers for the first time.
    """

    image: str = ""
    port: Annotated[int, Field(ge=1, le=65535)] = 8080
    health_path: Annotated[str, Field(pattern=r"^/\S*$")] = "/health"
    replicas: Annotated[int, Field(ge=1, le=100)] = 2
    env: dict[VariableName, str] = {}
    secrets: tuple[SecretName, ...] = ()
    cpu: Cpu = "50m"
    memory: Memory = "64Mi"
    cpu_limit: Annotated[Cpu, Field(validate_default=True)] = "500m"  # after cpu: it is never less
    memory_limit: Annotated[Memory, Field(validate_default=True)] = "128Mi"
    start_seconds: Annotated[int, Field(ge=5, le=1800)] = 40

    @field_validator("env")
    @classmethod
    def _is_free(cls, value: dict[str, str]) -> dict[str, str]:
        taken = sorted(RESERVED & value.keys())
        expected = f"other names than {', '.join(taken)}: epochctl sets them" if taken else ""
        return _checked(value, lambda _: expected)

    @field_validator("cpu_limit", "memory_limit")
    @classmethod
    def _is_enough(cls, value: str, info: ValidationInfo) -> str:
        """A default limit grows with the request; a limit that somebody wrote down must be one."""
        asked = str(info.data.get(str(info.field_name).removesuffix("_limit"), "0"))
        if validators.quantity(value) >= validators.quantity(asked):
            return value
        written = value != cls.model_fields[str(info.field_name)].default
        return _checked(asked, lambda _: f"a limit of at least {asked}, which is promised" if written else "")


class Ejected(Section):
    """What `epochctl eject` copied out and the user owns since: where each part is. "": epochctl's own.

    *_from: the version of epochctl that it was copied from, or was last compared with.
    """

    terraform: str = ""
    chart: str = ""
    server: str = ""
    dockerfile: str = ""
    terraform_from: str = ""
    chart_from: str = ""
    server_from: str = ""
    dockerfile_from: str = ""


class Ci(Section):
    """Delivery by GitHub Actions, written by `epochctl ci init`. trunk: the branch whose merges are deployed.

    repository: owner/name, "" means git's origin; account: twelve digits, "" means that of the credentials;
    test: what a pull request must pass; source: what pipx installs, "" means this version of epochctl.
    """

    repository: Annotated[str, Field(pattern=r"^([A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+)?$")] = ""
    account: Annotated[str, Field(pattern=r"^(\d{12})?$")] = ""
    trunk: Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_./-]*$")] = "main"
    test: str = ""
    source: Annotated[str, Field(pattern=r"^[^\n]*$")] = ""


class Settings(Section):
    """Everything a run depends on. Keyed on disk and in AWS by (name, environment, region)."""

    name: Name = "epoch"
    environment: Name = "production"
    hostname: str
    regions: Annotated[tuple[str, ...], Field(min_length=1)] = ("us-west-2",)  # the first is home
    selected_region: str = ""  # by --region; "": all of them
    certificate_arn: str = ""  # after regions: it is checked against them
    ttl: str = ""  # how long a new environment stands before `down --expired` takes it; "": until told
    cluster: Cluster = Cluster()
    lb_controller: LbController = LbController()
    service: Service = Service()
    routing: Routing = Routing()
    ci: Ci = Ci()
    directory: Path = Path(".")  # where epochctl.toml stands; state files go to directory/.epochctl
    ejected: Ejected = Ejected()  # after directory: it is looked for there

    @field_validator("environment")
    @classmethod
    def _is_short_enough(cls, value: str, info: ValidationInfo) -> str:
        """IAM role names, which have a suffix, end at 64 characters."""
        too_long = len(f"{info.data.get('name', '')}-{value}") > LONGEST_NAME
        return _checked(
            value, lambda _: f"at most {LONGEST_NAME} characters with the name" if too_long else ""
        )

    @field_validator("hostname")
    @classmethod
    def _is_hostname(cls, value: str) -> str:
        return _checked(value.rstrip(".").lower(), validators.hostname_problem)

    @field_validator("regions")
    @classmethod
    def _are_regions(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        checked = tuple(_checked(region, validators.region_problem) for region in value)
        return _checked(checked, validators.duplicate_problem)

    @field_validator("selected_region")
    @classmethod
    def _is_region(cls, value: str) -> str:
        return _checked(value, validators.region_problem) if value else ""

    @field_validator("certificate_arn")
    @classmethod
    def _is_certificate(cls, value: str, info: ValidationInfo) -> str:
        regions = info.data.get("regions", ("",))
        return _checked(value, lambda arn: validators.certificate_problem(arn, regions)) if value else ""

    @field_validator("ttl")
    @classmethod
    def _is_time(cls, value: str) -> str:
        return _checked(value, validators.ttl_problem)

    @field_validator("ejected")
    @classmethod
    def _is_there(cls, value: Ejected, info: ValidationInfo) -> Ejected:
        root = info.data.get("directory", Path("."))
        paths = {part: getattr(value, part) for part in package_files.PARTS}
        missing = [f"{part} at {own}" for part, own in paths.items() if own and not (root / own).exists()]
        expected = f"{', '.join(missing)} (nothing is there), or no such line: then epochctl's own is used"
        return _checked(value, lambda _: expected if missing else "")

    @field_validator("routing")
    @classmethod
    def _fits_the_regions(cls, value: Routing, info: ValidationInfo) -> Routing:
        regions = info.data.get("regions")  # absent where they are themselves a problem
        return _checked(value, lambda one: routing.problem(one, regions) if regions else "")

    @property
    def home(self) -> str:
        """Return the first region: the image is pushed there; it is the primary of a standby."""
        return self.regions[0]

    @property
    def region(self) -> str:
        """Return the selected region, else home: for what works in one region."""
        return self.selected_region or self.home

    @property
    def selected_regions(self) -> tuple[str, ...]:
        """Return the regions that the command is for."""
        return (self.selected_region,) if self.selected_region else self.regions

    @property
    def is_multi_region(self) -> bool:
        """Return whether several regions share the host name."""
        return len(self.regions) > 1

    def is_standby(self, region: str) -> bool:
        """Return whether the region answers only while home does not."""
        return self.is_multi_region and self.routing.policy == routing.STANDBY and region != self.home

    def for_region(self, region: str, *, awake: bool) -> Settings:
        """Return the settings of one region: a standby that is not awake has the size of [routing]."""
        if awake or not self.is_standby(region):
            return self
        nodes = _or(self.routing.standby_nodes, self.cluster.nodes)
        replicas = _or(self.routing.standby_replicas, self.service.replicas)
        return self.model_copy(
            update={
                "cluster": self.cluster.model_copy(update={"nodes": nodes}),
                "service": self.service.model_copy(update={"replicas": replicas}),
            }
        )

    @property
    def full_name(self) -> str:
        """Names the AWS objects: <name>-<environment>."""
        return f"{self.name}-{self.environment}"

    @property
    def tags(self) -> dict[str, str]:
        """Return the tags that prove ownership in a region. IAM has no regions: see region_tags."""
        return {"epochctl:name": self.name, "epochctl:environment": self.environment}

    def region_tags(self, region: str) -> dict[str, str]:
        """Return the tags that are put on the objects of one region."""
        return {**self.tags, REGION_TAG: region}

    def state_folder(self, region: str) -> str:
        """Return the folder of the state bucket for one (name, environment, region)."""
        return f"{self.name}/{self.environment}/{region}"

    def files_of(self, part: str) -> Path:
        """Return where terraform, chart, server or dockerfile is: the ejected one, or epochctl's."""
        own = getattr(self.ejected, part)
        return self.directory / own if own else package_files.find(package_files.PARTS[part])

    @property
    def has_edited_dockerfile(self) -> bool:
        """Return whether the ejected Dockerfile differs from epochctl's: then only Docker can build it."""
        own, shipped = self.files_of("dockerfile"), package_files.find(package_files.PARTS["dockerfile"])
        return own != shipped and own.read_bytes() != shipped.read_bytes()

    def state_directory(self, region: str) -> Path:
        """Return the directory of a (name, environment, region): Terraform data, kubeconfig, image."""
        return self.directory / ".epochctl" / self.name / self.environment / region


def load(directory: Path, flags: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings from directory/epochctl.toml, overridden by the environment, overridden by flags.

    flags: by field name, None where not given. Raises SettingsError with every problem, each with its source.
    """
    values, origins = sources.read(directory, flags, environ)
    try:
        return Settings(**values, directory=directory.resolve())
    except ValidationError as error:
        lines = [
            settings_errors.describe_error(one, origins, Settings) for one in error.errors(include_url=False)
        ]
    raise SettingsError(
        f"{len(lines)} problems in the settings"
        if len(lines) > 1
        else "the settings cannot be used as they are",
        why="\n".join(lines),
        fix=Command("init")
        if not values.get("hostname")
        else f"correct {sources.FILE}, the environment or the flag",
    )


def _or(value: int | None, default: int) -> int:
    return default if value is None else value


def _checked(value: V, problem: Callable[[V], str]) -> V:
    expected = problem(value)
    if expected:
        raise ValueError(expected)
    return value
