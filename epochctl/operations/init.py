"""`init`: writes the files that a project begins with."""

from __future__ import annotations

import shutil
from pathlib import Path

from epochctl.config import settings, versions
from epochctl.errors import SettingsError
from epochctl.operations import cost_report

TOML = """\
# epochctl.toml: what `epochctl up` makes. The environment and flags override it.

name = "epoch"                # AWS objects are called <name>-<environment>
environment = "{environment}"    # two environments never see each other
hostname = "{hostname}"       # API_HOSTNAME overrides it
regions = ["{region}"]       # the first is home; with a second, see [routing]
# ttl = "4h"                  # how long it stands before `epochctl down --expired` takes it, for CI
# certificate_arn = ""        # one of your own, same region; ACM_CERTIFICATE_ARN overrides it

[cluster]
version = "{version}"             # standard support until {until}
instance_types = ["t3.medium"]
nodes = 2
nat = "single"                # {nat}
# access = ["arn:aws:iam::123456789012:role/ci"]   # who administers it besides the one who makes it

[lb_controller]
identity = "{identity}"       # who makes its IAM role: eksctl or terraform; decided once for the whole team

[service]
# image = ""                  # deploy this image instead of building ours
port = 8080
health_path = "/health"
replicas = 2
# secrets = ["epoch"]         # names of Secrets in its namespace whose keys become environment variables
# cpu = "50m"                 # what a pod is promised; cpu_limit and memory_limit: what it may use at most
# memory = "64Mi"
# start_seconds = 40          # how long until health_path answers for the first time
# [service.env]               # environment variables that anybody may read
# LOG_LEVEL = "info"

# [ci]                        # delivery by GitHub Actions: epochctl ci init
# repository = "owner/name"   # else git's origin
# account = "123456789012"    # else that of the credentials
# trunk = "main"              # merges to it are deployed
# test = "make test"          # what a pull request must pass

# [routing]                   # only with several regions: how they share the host name
# policy = "active-active"    # or "primary-standby": the second answers only while the first does not
# records = "latency"         # or "weighted"
# weights = {{ us-west-2 = 80, us-east-1 = 20 }}
# standby_replicas = 2        # of primary-standby, until woken (0: no pods); as home where it is not said
# standby_nodes = 2           # the same of nodes; 1 at least
"""

ENVRC = """\
# Read by direnv. AWS credentials are found as the AWS CLI finds them (AWS_PROFILE, SSO, ...).
export API_HOSTNAME="{hostname}"
# A certificate of your own; empty: epochctl requests one.
export ACM_CERTIFICATE_ARN=""
export AWS_REGION="{region}"
"""


def init(directory: Path, hostname: str, region: str, environment: str, *, force: bool) -> tuple[str, ...]:
    """Write epochctl.toml, .envrc and .tool-versions; return what was written, a line each.

    Raises SettingsError, before anything is written, for an invalid value or (without force) existing files.
    """
    files = _files(hostname, region, environment)
    existing = [name for name in files if (directory / name).exists()]
    if existing and not force:
        raise SettingsError(
            f"{', '.join(existing)} would be overwritten", why="nothing was written", fix="--force"
        )
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (directory / name).write_text(text, encoding="utf-8")
    return tuple(f"wrote {directory / name}" for name in files)


def _files(hostname: str, region: str, environment: str) -> dict[str, str]:
    eks = versions.pin("eks")
    values = {"hostname": hostname, "regions": (region,), "environment": environment}
    checked = settings.load(Path("/nonexistent"), values, {})
    identity = "eksctl" if shutil.which("eksctl") else "terraform"
    return {
        "epochctl.toml": TOML.format(
            hostname=checked.hostname,
            region=region,
            environment=environment,
            version=eks.version,
            until=eks.until,
            identity=identity,
            nat=cost_report.nat_choices(region),
        ),
        ".envrc": ENVRC.format(hostname=checked.hostname, region=region),
        ".tool-versions": "".join(f"{name} {pin.version}\n" for name, pin in versions.tools().items()),
    }
