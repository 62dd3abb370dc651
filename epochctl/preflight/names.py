"""Checks that the names which `up` uses are free, or belong to objects of this environment."""

from __future__ import annotations

from collections.abc import Iterator

from epochctl.aws.name_conflicts import NameConflicts
from epochctl.aws.session import Aws
from epochctl.config.settings import Settings
from epochctl.preflight.check_result import OTHER_NAME, CheckResult, fail, ok, warn


class NameChecks:
    """Checks of names in the account."""

    def __init__(self, settings: Settings, aws: Aws) -> None:
        self._name, self._tags, self._aws = settings.full_name, settings.tags, aws

    def conflicts(self) -> Iterator[CheckResult]:
        """Report each object that has a name of this environment, and not its tags."""
        found = NameConflicts(self._aws, self._name, self._tags).find()
        for each in found.values():
            yield fail("name", f"{each} exists, without the tags of ours", OTHER_NAME)
        if not found:
            yield ok("names", f"{self._name}: cluster, repository, roles and template are free, or ours")

    def log_group(self) -> Iterator[CheckResult]:
        """Check for a log group of that name: `up` creates none, but `down` would find it and delete it."""
        group, logs = f"/aws/eks/{self._name}/cluster", self._aws.client("logs")
        found = self._aws.call(lambda: logs.describe_log_groups(logGroupNamePrefix=group))["logGroups"]
        if any(each["logGroupName"] == group for each in found):
            fix = f"aws logs delete-log-group --log-group-name {group}"
            yield warn("log group", f"{group} is left over from another cluster: `down` would find it", fix)
        else:
            yield ok("log group", f"{group} is free")
