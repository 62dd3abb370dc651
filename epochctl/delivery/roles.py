"""The two roles that GitHub's workflows take, by terraform/ci: planned, made, removed.

Knows whom they trust by settings alone; how the workflows use them is the workflows'.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

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
class Made:
    """The roles' ARNs."""

    plan: str
    deploy: str


class Roles:
    """repository: owner/name, whose runs may take them."""

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
        root = root if root.is_dir() else find("terraform/ci")  # ejected before there was one
        files = settings.directory / ".epochctl" / settings.name / settings.environment / "ci"
        self._settings, self._repository = settings, repository
        self._bucket, self._issuers, self._aws = StateBucket(aws), OidcProviders(aws), aws
        self._terraform = terraform or Terraform(root, files, home)

    def plan(self, say: Say, *, remove: bool = False) -> Plan:
        """What would be done. The state bucket is made where there is none: the plan needs its place."""
        account = self._aws.account_id()
        self._bucket.ensure(account)
        key = f"{self._settings.name}/{self._settings.environment}/ci/terraform.tfstate"
        self._terraform.init(Backend(self._bucket.name(account), key), say)
        return self._terraform.plan(self._variables(), say, destroy=remove)

    def apply(self, plan: Plan, say: Say) -> Made | None:
        """Do it; the roles, None once they are gone."""
        if plan.has_changes:
            self._terraform.apply(plan, say)
        told = self._terraform.output()
        if plan.destroy or "plan_role_arn" not in told:
            return None
        return Made(told["plan_role_arn"], told["deploy_role_arn"])

    def _variables(self) -> dict[str, Any]:
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
        """The account's provider for GitHub's tokens, unless it is ours: terraform goes on keeping that."""
        arn = self._issuers.find(ISSUER)
        ours = bool(arn) and self._issuers.tags(arn).get("epochctl:ci") == self._settings.full_name
        return "" if ours else arn
