"""ECR's replication of one repository to other regions: our rule among others of the registry.

AWS has one configuration a registry and region, read and written as a whole; it makes a missing repository in
the destination by itself, without our tags, so a destination is named only once its repository is there. Only
what is pushed afterwards is copied. A prefix is all that a rule can say: epoch-prod means epoch-production...
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from epochctl.aws.session import Aws

_ABSENT = ("RepositoryNotFoundException", "ImageNotFoundException")
ATTEMPTS = 3  # another region's run may write between our look and our change


class Replication:
    """From the region of `aws`. name: of the repository, in every region."""

    def __init__(self, aws: Aws, name: str) -> None:
        self._aws, self._name = aws, name

    def destinations(self) -> frozenset[str]:
        """Return the regions that the repository is replicated to."""
        own = [rule for rule in self._rules() if self._is_own(rule)]
        return frozenset(destination["region"] for rule in own for destination in rule["destinations"])

    def add(self, region: str) -> bool:
        """Replicate to `region` what is pushed from now on; return whether anything had to be changed."""
        return self._change(lambda known: known | {region})

    def remove(self, region: str) -> bool:
        """Stop replicating to `region`; the rule is deleted with its last destination."""
        return self._change(lambda known: known - {region})

    def clear(self) -> bool:
        """Delete the repository's rule, with every destination."""
        return self._change(lambda known: frozenset())

    def status(self, digest: str, region: str) -> str:
        """Return IN_PROGRESS, COMPLETE or FAILED of one image, with the reason; "" where there is none."""
        image = {"repositoryName": self._name, "imageId": {"imageDigest": digest}}
        answer = self._aws.find("ecr", "describe_image_replication_status", absent=_ABSENT, **image)
        statuses = answer["replicationStatuses"] if answer else ()
        found = (one for one in statuses if one["region"] == region)
        return next((f"{one['status']} {one.get('failureCode', '')}".strip() for one in found), "")

    def _change(self, wanted: Callable[[frozenset[str]], frozenset[str]]) -> bool:
        changed = False
        for _ in range(ATTEMPTS):
            known = self.destinations()
            if wanted(known) == known:
                return changed
            self._write(wanted(known))
            changed = True
        return changed

    def _write(self, regions: Iterable[str]) -> None:
        rules, account = [rule for rule in self._rules() if not self._is_own(rule)], self._aws.account_id()
        destinations = [{"region": region, "registryId": account} for region in sorted(regions)]
        filters = [{"filter": self._name, "filterType": "PREFIX_MATCH"}]
        own = [{"destinations": destinations, "repositoryFilters": filters}] if destinations else []
        configuration = {"rules": [*rules, *own]}
        self._aws.request("ecr", "put_replication_configuration", replicationConfiguration=configuration)

    def _rules(self) -> list[dict[str, Any]]:
        answer = self._aws.request("ecr", "describe_registry")
        return list(answer.get("replicationConfiguration", {}).get("rules", ()))

    def _is_own(self, rule: dict[str, Any]) -> bool:
        return [one["filter"] for one in rule.get("repositoryFilters", ())] == [self._name]
