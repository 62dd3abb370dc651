"""Load balancers, the cluster, the registry, certificates, logs and DNS records of ours."""

from __future__ import annotations

from epochctl.aws.session import Aws
from epochctl.aws.tags import tag_dict
from epochctl.aws.teardown_scan.ownership import RECORD_PREFIX, Ownership, Remnant

VANISHED = (
    "LoadBalancerNotFound",
    "LoadBalancerNotFoundException",
    "TargetGroupNotFound",
    "TargetGroupNotFoundException",
)
NOT_FOUND = ("ResourceNotFoundException", "RepositoryNotFoundException", "NoSuchHealthCheck")
BATCH = 20  # ARNs that ELB takes in one request for tags
KEYS = ("RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1")
ANY_KEY = {"keyTypes": list(KEYS)}


def load_balancers(aws: Aws, ownership: Ownership) -> list[Remnant]:
    found = aws.items("elbv2", "describe_load_balancers", "LoadBalancers")
    return _classified(
        aws, ownership, "load balancer", {i["LoadBalancerArn"]: i.get("VpcId", "") for i in found}
    )


def target_groups(aws: Aws, ownership: Ownership) -> list[Remnant]:
    found = aws.items("elbv2", "describe_target_groups", "TargetGroups")
    return _classified(
        aws, ownership, "target group", {i["TargetGroupArn"]: i.get("VpcId", "") for i in found}
    )


def classic_load_balancers(aws: Aws, ownership: Ownership) -> list[Remnant]:
    """What Kubernetes itself makes for a Service that no controller of ours serves."""
    found = aws.items("elb", "describe_load_balancers", "LoadBalancerDescriptions")
    vpcs = {item["LoadBalancerName"]: item.get("VPCId", "") for item in found}
    return [
        finding
        for names in _chunks(list(vpcs))
        for item in aws.items("elb", "describe_tags", "TagDescriptions", LoadBalancerNames=names)
        for finding in ownership.classify(
            f"classic load balancer {item['LoadBalancerName']}",
            tag_dict(item["Tags"]),
            vpcs[item["LoadBalancerName"]],
        )
    ]


def cluster(aws: Aws, ownership: Ownership) -> list[Remnant]:
    answer = aws.find("eks", "describe_cluster", absent=NOT_FOUND, name=ownership.full_name)
    if answer is None:
        return []
    tags = answer["cluster"].get("tags", {})
    return ownership.classify_named(f"EKS cluster {ownership.full_name}", tags)


def repository(aws: Aws, ownership: Ownership) -> list[Remnant]:
    arguments = {"repositoryNames": [ownership.full_name]}
    answer = aws.find("ecr", "describe_repositories", absent=NOT_FOUND, **arguments)
    lines = []
    for item in (answer or {}).get("repositories", ()):
        arn, words = item["repositoryArn"], f"ECR repository {item['repositoryName']}"
        tagged = aws.find("ecr", "list_tags_for_resource", absent=NOT_FOUND, resourceArn=arn)
        if tagged is not None:
            lines += ownership.classify_named(words, tag_dict(tagged["tags"]))
    return lines


def certificates(aws: Aws, ownership: Ownership) -> list[Remnant]:
    """Of every kind of key: without the filter ACM tells of RSA 2048 only."""
    operation = "list_tags_for_certificate"
    lines = []
    for item in aws.items("acm", "list_certificates", "CertificateSummaryList", Includes=ANY_KEY):
        arn = item["CertificateArn"]
        answer = aws.find("acm", operation, absent=NOT_FOUND, CertificateArn=arn)
        if answer:
            lines += ownership.classify(f"ACM certificate {arn}", tag_dict(answer["Tags"]))
    return lines


def log_groups(aws: Aws, ownership: Ownership) -> list[Remnant]:
    prefix = f"/aws/eks/{ownership.full_name}/"
    lines = []
    for item in aws.items("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=prefix):
        arn = item["arn"].removesuffix(":*")
        tagged = aws.find("logs", "list_tags_for_resource", absent=NOT_FOUND, resourceArn=arn)
        if tagged is not None:
            lines += ownership.classify_named(f"log group {item['logGroupName']}", tagged["tags"])
    return lines


def records(aws: Aws, ownership: Ownership) -> list[Remnant]:
    """Records that have a companion with our words, in every zone: the host name may have been another.

    Where another region still has a record of the name, that one's are its companion and the certificates'.
    """
    lines = []
    for zone in aws.items("route53", "list_hosted_zones", "HostedZones"):
        arguments = {"HostedZoneId": zone["Id"]}
        found = aws.items("route53", "list_resource_record_sets", "ResourceRecordSets", **arguments)
        held = [record["Name"] for record in found if ownership.leads_to_other_region(record)]
        for record in found:
            name = record["Name"].removeprefix(RECORD_PREFIX)
            if ownership.owns_record(record) and not any(name == host or _below(name, host) for host in held):
                lines.append(Remnant(f"DNS record {name.rstrip('.')} in zone {zone['Name'].rstrip('.')}"))
        lines += [
            Remnant(f"DNS record {record['Name'].rstrip('.')} of {ownership.region}")
            for record in found
            if record.get("SetIdentifier") == ownership.region and record["Name"] in held
        ]
    return lines


def _below(name: str, host: str) -> bool:
    return name.startswith("_") and name.endswith(f".{host}")


def health_checks(aws: Aws, ownership: Ownership) -> list[Remnant]:
    """By their tags, or by the caller reference, which is there before any tag."""
    lines = []
    for item in aws.items("route53", "list_health_checks", "HealthChecks"):
        arguments = {"ResourceType": "healthcheck", "ResourceId": item["Id"]}
        tagged = aws.find("route53", "list_tags_for_resource", absent=NOT_FOUND, **arguments)
        tags = tag_dict(tagged["ResourceTagSet"]["Tags"] if tagged else ())
        words = f"health check {item['Id']}"
        is_own = item["CallerReference"].startswith(f"{ownership.full_name} {ownership.region} ")
        lines += [Remnant(words)] if is_own and tagged and not tags else ownership.classify(words, tags)
    return lines


def replication(aws: Aws, ownership: Ownership) -> list[Remnant]:
    """The rule that copies images of our repository to the other regions."""
    registry = aws.find("ecr", "describe_registry", absent=("RegistryPolicyNotFoundException",)) or {}
    rules = registry.get("replicationConfiguration", {}).get("rules", ())
    filters = [[one["filter"] for one in rule.get("repositoryFilters", ())] for rule in rules]
    return [Remnant(f"ECR replication of {ownership.full_name}")] if [ownership.full_name] in filters else []


def _classified(aws: Aws, ownership: Ownership, words: str, vpcs: dict[str, str]) -> list[Remnant]:
    """vpcs: the VPC of each ARN."""
    return [
        finding
        for chunk in _chunks(list(vpcs))
        for arn, tags in _tags(aws, chunk).items()
        for finding in ownership.classify(f"{words} {arn}", tags, vpcs[arn])
    ]


def _tags(aws: Aws, arns: list[str]) -> dict[str, dict[str, str]]:
    """Return tags by ARN. One deleted since it was listed fails the whole request: then each is asked for
    alone.
    """
    answer = aws.find("elbv2", "describe_tags", absent=VANISHED, ResourceArns=arns)
    if answer is not None:
        return {item["ResourceArn"]: tag_dict(item["Tags"]) for item in answer["TagDescriptions"]}
    return {} if len(arns) == 1 else {arn: tags for one in arns for arn, tags in _tags(aws, [one]).items()}


def _chunks(items: list[str]) -> list[list[str]]:
    return [items[start : start + BATCH] for start in range(0, len(items), BATCH)]


SCANS = (
    load_balancers,
    target_groups,
    classic_load_balancers,
    cluster,
    repository,
    certificates,
    log_groups,
    records,
    health_checks,
    replication,
)
