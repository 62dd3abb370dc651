"""Load balancers, the cluster, the registry, certificates, logs and DNS records of ours."""

from __future__ import annotations

from typing import Any

from epochctl.aws.teardown_scan.ownership import RECORD_PREFIX, Ownership, Remnant
from epochctl.aws.teardown_scan.paging import Reader

VANISHED = (
    "LoadBalancerNotFound",
    "LoadBalancerNotFoundException",
    "TargetGroupNotFound",
    "TargetGroupNotFoundException",
)
BATCH = 20  # ARNs that ELB takes in one question about tags
KEYS = ("RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1")
ANY_KEY = {"keyTypes": list(KEYS)}


def load_balancers(reader: Reader, mine: Ownership) -> list[Remnant]:
    found = reader.items("elbv2", "describe_load_balancers", "LoadBalancers")
    return _judged(reader, mine, "load balancer", {i["LoadBalancerArn"]: i.get("VpcId", "") for i in found})


def target_groups(reader: Reader, mine: Ownership) -> list[Remnant]:
    found = reader.items("elbv2", "describe_target_groups", "TargetGroups")
    return _judged(reader, mine, "target group", {i["TargetGroupArn"]: i.get("VpcId", "") for i in found})


def classic_load_balancers(reader: Reader, mine: Ownership) -> list[Remnant]:
    """What Kubernetes itself makes for a Service that no controller of ours serves."""
    found = reader.items("elb", "describe_load_balancers", "LoadBalancerDescriptions")
    vpcs = {item["LoadBalancerName"]: item.get("VPCId", "") for item in found}
    return [
        finding
        for names in _chunks(list(vpcs))
        for told in reader.items("elb", "describe_tags", "TagDescriptions", LoadBalancerNames=names)
        for finding in mine.judge(
            f"classic load balancer {told['LoadBalancerName']}", told["Tags"], vpcs[told["LoadBalancerName"]]
        )
    ]


def cluster(reader: Reader, mine: Ownership) -> list[Remnant]:
    answer = reader.find("eks", "describe_cluster", "ResourceNotFoundException", name=mine.full_name)
    if answer is None:
        return []
    tags = answer["cluster"].get("tags", {})
    return mine.named(f"EKS cluster {mine.full_name}", _listed(tags))


def repository(reader: Reader, mine: Ownership) -> list[Remnant]:
    arguments = {"repositoryNames": [mine.full_name]}
    answer = reader.find("ecr", "describe_repositories", "RepositoryNotFoundException", **arguments)
    lines = []
    for item in (answer or {}).get("repositories", ()):
        absent, arn = "RepositoryNotFoundException", item["repositoryArn"]
        told = reader.find("ecr", "list_tags_for_resource", absent, resourceArn=arn)
        if told is not None:
            lines += mine.named(f"ECR repository {item['repositoryName']}", told["tags"])
    return lines


def certificates(reader: Reader, mine: Ownership) -> list[Remnant]:
    """Of every kind of key: without the filter ACM tells of RSA 2048 only."""
    operation, absent = "list_tags_for_certificate", "ResourceNotFoundException"
    lines = []
    for item in reader.items("acm", "list_certificates", "CertificateSummaryList", Includes=ANY_KEY):
        answer = reader.find("acm", operation, absent, CertificateArn=item["CertificateArn"])
        if answer:
            lines += mine.judge(f"ACM certificate {item['CertificateArn']}", answer["Tags"])
    return lines


def log_groups(reader: Reader, mine: Ownership) -> list[Remnant]:
    prefix, absent = f"/aws/eks/{mine.full_name}/", "ResourceNotFoundException"
    lines = []
    for item in reader.items("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=prefix):
        arn = item["arn"].removesuffix(":*")
        told = reader.find("logs", "list_tags_for_resource", absent, resourceArn=arn)
        if told is not None:
            lines += mine.named(f"log group {item['logGroupName']}", _listed(told["tags"]))
    return lines


def records(reader: Reader, mine: Ownership) -> list[Remnant]:
    """Records that have a companion with our words, in every zone: the host name may have been another.

    Where another region still has a record of the name, that one's are its companion and the certificates'.
    """
    lines = []
    for zone in reader.items("route53", "list_hosted_zones", "HostedZones"):
        arguments = {"HostedZoneId": zone["Id"]}
        found = reader.items("route53", "list_resource_record_sets", "ResourceRecordSets", **arguments)
        held = [record["Name"] for record in found if mine.of_another_region(record)]
        for record in found:
            name = record["Name"].removeprefix(RECORD_PREFIX)
            if mine.owns_record(record) and not any(name == host or _below(name, host) for host in held):
                lines.append(Remnant(f"DNS record {name.rstrip('.')} in zone {zone['Name'].rstrip('.')}"))
        lines += [
            Remnant(f"DNS record {record['Name'].rstrip('.')} of {mine.region}")
            for record in found
            if record.get("SetIdentifier") == mine.region and record["Name"] in held
        ]
    return lines


def _below(name: str, host: str) -> bool:
    return name.startswith("_") and name.endswith(f".{host}")


def health_checks(reader: Reader, mine: Ownership) -> list[Remnant]:
    """By their tags, or by the caller reference, which is there before any tag."""
    lines = []
    for item in reader.items("route53", "list_health_checks", "HealthChecks"):
        arguments = {"ResourceType": "healthcheck", "ResourceId": item["Id"]}
        told = reader.find("route53", "list_tags_for_resource", "NoSuchHealthCheck", **arguments)
        tags = told["ResourceTagSet"]["Tags"] if told else ()
        words = f"health check {item['Id']}"
        ours = item["CallerReference"].startswith(f"{mine.full_name} {mine.region} ")
        lines += [Remnant(words)] if ours and told and not tags else mine.judge(words, tags)
    return lines


def replication(reader: Reader, mine: Ownership) -> list[Remnant]:
    """The rule that copies images of our repository to the other regions."""
    registry = reader.find("ecr", "describe_registry", "RegistryPolicyNotFoundException") or {}
    rules = registry.get("replicationConfiguration", {}).get("rules", ())
    filters = [[one["filter"] for one in rule.get("repositoryFilters", ())] for rule in rules]
    return [Remnant(f"ECR replication of {mine.full_name}")] if [mine.full_name] in filters else []


def _judged(reader: Reader, mine: Ownership, words: str, vpcs: dict[str, str]) -> list[Remnant]:
    """vpcs: where each ARN stands."""
    return [
        finding
        for chunk in _chunks(list(vpcs))
        for told in _tags(reader, chunk)
        for finding in mine.judge(f"{words} {told['ResourceArn']}", told["Tags"], vpcs[told["ResourceArn"]])
    ]


def _tags(reader: Reader, arns: list[str]) -> list[dict[str, Any]]:
    """One that has vanished since it was listed fails the whole question: then each is asked by itself."""
    answer = reader.find("elbv2", "describe_tags", VANISHED, ResourceArns=arns)
    if answer is not None:
        return list(answer["TagDescriptions"])
    return [] if len(arns) == 1 else [tags for arn in arns for tags in _tags(reader, [arn])]


def _chunks(items: list[str]) -> list[list[str]]:
    return [items[start : start + BATCH] for start in range(0, len(items), BATCH)]


def _listed(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


QUESTIONS = (
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
