"""ECR's replication configuration: rules, destinations of a push and replication status.

moto takes one rule, replicates nothing, and has no DescribeImageReplicationStatus.
"""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ecr import exceptions, models, responses

from sandbox.moto_patches.backends import ACCOUNT, backend
from sandbox.moto_patches.ecr_images import find_image

RULES, DESTINATIONS = 10, 25  # at most
Progress = dict[tuple[str, str, str], dict[str, str]]
"""By source region, repository and digest: the status of each destination region."""


def install(progress: Progress) -> None:
    """Patch moto. `progress` is updated by sandbox.registry.replication."""

    def put_replication_configuration(self: Any, replication_config: dict[str, Any]) -> dict[str, Any]:
        problem = _problem(self.region_name, replication_config["rules"])
        if problem:
            words = "Invalid parameter at 'replicationConfiguration' failed to satisfy constraint: "
            raise exceptions.InvalidParameterException(f"{words}'{problem}'")
        self.replication_config = replication_config
        return {"replicationConfiguration": replication_config}

    def describe_image_replication_status(self: Any) -> Any:
        name, image_id = self._get_param("repositoryName"), self._get_param("imageId")
        repository = self.ecr_backend._get_repository(name)
        image = find_image(repository, image_id.get("imageDigest") or image_id.get("imageTag"))
        if image is None:
            raise exceptions.ImageNotFoundException(str(image_id), name, ACCOUNT)
        found = progress.get((self.region, name, image.image_digest), {})
        statuses = [
            {"region": region, "registryId": ACCOUNT, "status": status} for region, status in found.items()
        ]
        result = {"repositoryName": name, "imageId": image_id, "replicationStatuses": statuses}
        return ActionResult(result)

    models.ECRBackend.put_replication_configuration = put_replication_configuration
    responses.ECRResponse.describe_image_replication_status = describe_image_replication_status


def destinations(region: str, repository: str) -> list[str]:
    """The regions to which a push into that repository is replicated, by the rules of now."""
    rules = backend("ecr", region).replication_config["rules"]
    found = [
        each["region"] for rule in rules if _applies_to(rule, repository) for each in rule["destinations"]
    ]
    return list(dict.fromkeys(found))


def _applies_to(rule: dict[str, Any], repository: str) -> bool:
    """A rule without filters is for every repository."""
    filters = rule.get("repositoryFilters") or []
    return not filters or any(repository.startswith(each["filter"]) for each in filters)


def _problem(region: str, rules: list[dict[str, Any]]) -> str:
    if len(rules) > RULES:
        return f"Replication configuration can have at most {RULES} rules"
    places = [(each["registryId"], each["region"]) for rule in rules for each in rule["destinations"]]
    if (ACCOUNT, region) in places:
        return "Replication destination cannot be the same as the source registry"
    if len(set(places)) > DESTINATIONS:
        return f"Replication configuration can have at most {DESTINATIONS} unique destinations"
    return ""
