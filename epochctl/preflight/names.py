"""Checks that the names which `up` uses are free, or belong to objects of this environment."""

from __future__ import annotations

from collections.abc import Iterator

from epochctl.aws.eks import Eks
from epochctl.aws.name_conflicts import NameConflicts
from epochctl.aws.session import Aws
from epochctl.config.settings import Settings
from epochctl.kube.access import connect
from epochctl.preflight.check_result import CheckResult, fail, ok, warn

OTHER_NAME = "set another name or environment in epochctl.toml, or remove it"


class NameChecks:
    """Checks of names in the account and in the cluster."""

    def __init__(self, settings: Settings, aws: Aws, eks: Eks) -> None:
        self._name, self._tags = settings.full_name, settings.tags
        self._aws, self._eks = aws, eks

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

    def namespace(self) -> Iterator[CheckResult]:
        """Check that the release's namespace is free, or was created by epochctl."""
        cluster = self._eks.describe(self._name)
        is_managed = cluster is not None and self._tags.items() <= dict(cluster.tags).items()
        if cluster is None or cluster.status != "ACTIVE" or not is_managed:
            yield ok("namespace", "no cluster yet")
            return
        kube = connect(self._eks, cluster)
        if kube.namespace(self._name) is None or kube.is_managed(self._name):
            yield ok("namespace", f"{self._name} is free, or ours")
        else:
            yield warn("namespace", f"{self._name} was not made by epochctl: `down` will keep it", OTHER_NAME)
