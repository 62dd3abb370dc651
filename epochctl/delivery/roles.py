"""The two IAM roles that the workflows assume, created and removed by terraform/ci."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from epochctl.aws.iam import OidcProviders
from epochctl.aws.session import Aws
from epochctl.aws.state_bucket import StateBucket
from epochctl.config.package_files import find
from epochctl.config.settings import Settings
from epochctl.errors import SettingsError
from epochctl.tools.terraform import Backend, Plan, Terraform

ISSUER = "token.actions.githubusercontent.com"
Say = Callable[[str], None]


@dataclass(frozen=True)
class RoleArns:
    """The ARNs of the roles."""

    plan: str
    deploy: str


class CiRoles:
    """The roles of one environment. repository: owner/name on GitHub, whose workflows may assume them."""

    def __init__(
        self, settings: Settings, repository: str, aws: Aws, terraform: Terraform | None = None
    ) -> None:
        if not repository:
            raise SettingsError(
                "whose workflows may take the roles?",
                why="neither [ci] repository in epochctl.toml nor git's origin names one on GitHub",
                fix='[ci] repository = "owner/name" in epochctl.toml',
            )
        home = settings.home
        root = settings.files_of("terraform") / "ci"
        root = root if root.is_dir() else find("terraform/ci")  # ejected by a version that had no such root
        files = settings.directory / ".epochctl" / settings.name / settings.environment / "ci"
        self._settings, self._repository = settings, repository
        self._bucket, self._providers, self._aws = StateBucket(aws), OidcProviders(aws), aws
        self._terraform = terraform or Terraform(root, files, home)

    def plan(self, say: Say, *, remove: bool = False) -> Plan:
        """Return the terraform plan. Creates the state bucket if there is none, as the plan needs a state."""
        account = self._aws.account_id()
        self._bucket.ensure(account)
        key = f"{self._settings.name}/{self._settings.environment}/ci/terraform.tfstate"
        self._terraform.init(Backend(self._bucket.name(account), key), say)
        return self._terraform.plan(self._variables(), say, destroy=remove)

    def apply(self, plan: Plan, say: Say) -> RoleArns | None:
        """Apply the plan and return the roles, or None once they are removed."""
        if plan.has_changes:
            self._terraform.apply(plan, say)
        outputs = self._terraform.output()
        if plan.destroy or "plan_role_arn" not in outputs:
            return None
        return RoleArns(outputs["plan_role_arn"], outputs["deploy_role_arn"])

    def _variables(self) -> dict[str, object]:
        settings = self._settings
        return {
            "name": settings.full_name,
            "region": settings.home,
            "regions": list(settings.regions),
            "repository": self._repository,
            "trunk": settings.ci.trunk,
            "environment": settings.environment,
            "state_prefix": f"{settings.name}/{settings.environment}",
            "provider_arn": self._foreign_provider(),
        }

    def _foreign_provider(self) -> str:
        """Return the ARN of the account's OIDC provider for GitHub, or "" if this environment manages it."""
        arn = self._providers.find(ISSUER)
        is_managed = bool(arn) and self._providers.tags(arn).get("epochctl:ci") == self._settings.full_name
        return "" if is_managed else arn
