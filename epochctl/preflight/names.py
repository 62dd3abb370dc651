"""Names that we want: taken by somebody else, or left over by somebody who was here before."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from epochctl.aws.eks import ClusterAccess, Eks
from epochctl.aws.name_conflicts import NameConflicts
from epochctl.aws.session import Aws
from epochctl.config.settings import Settings
from epochctl.kube import Kube
from epochctl.preflight.check_result import CheckResult, fail, ok, warn

OTHER = "set another name or environment in epochctl.toml, or remove it"


class NameChecks:
    """connect gives a way into a cluster."""

    def __init__(
        self, settings: Settings, aws: Aws, eks: Eks, connect: Callable[[ClusterAccess], Kube]
    ) -> None:
        self._name, self._tags = settings.full_name, settings.tags
        self._aws, self._eks, self._connect = aws, eks, connect

    def taken(self) -> Iterator[CheckResult]:
        """Cluster, repository, roles, policy, launch template: each one that is not ours."""
        found = NameConflicts(self._aws, self._name, self._tags).find()
        for words in found.values():
            yield fail("name", f"{words} exists, without the tags of ours", OTHER)
        if not found:
            yield ok("names", f"{self._name}: cluster, repository, roles and template are free, or ours")

    def log_group(self) -> Iterator[CheckResult]:
        """We make none, but `down` would find one of that name and take it for ours."""
        group, logs = f"/aws/eks/{self._name}/cluster", self._aws.client("logs")
        found = self._aws.call(lambda: logs.describe_log_groups(logGroupNamePrefix=group))["logGroups"]
        if any(each["logGroupName"] == group for each in found):
            fix = f"aws logs delete-log-group --log-group-name {group}"
            yield warn("log group", f"{group} is left over from another cluster: `down` would find it", fix)
        else:
            yield ok("log group", f"{group} is free")

    def namespace(self) -> Iterator[CheckResult]:
        """Of the release, where there is a cluster to ask."""
        cluster = self._eks.describe(self._name)
        ours = cluster is not None and self._tags.items() <= dict(cluster.tags).items()
        if cluster is None or cluster.status != "ACTIVE" or not ours:
            yield ok("namespace", "no cluster yet")
            return
        kube = self._connect(cluster)
        if kube.namespace(self._name) is None or kube.is_managed(self._name):
            yield ok("namespace", f"{self._name} is free, or ours")
        else:
            yield warn("namespace", f"{self._name} was not made by epochctl: `down` will keep it", OTHER)
