"""Load balancers, the cluster, the registry, certificates, logs and DNS records of ours."""

from __future__ import annotations

from epochctl.clients.leftovers.belonging import RECORD_PREFIX, Belonging, Finding
from epochctl.clients.leftovers.reading import Reader

BATCH = 20  # ARNs that ELB takes in one question about tags
KEYS = ("RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1")
ANY_KEY = {"keyTypes": list(KEYS)}


def load_balancers(reader: Reader, mine: Belonging) -> list[Finding]:
    found = reader.items("elbv2", "describe_load_balancers", "LoadBalancers")
    return _judged(reader, mine, "load balancer", {i["LoadBalancerArn"]: i.get("VpcId", "") for i in found})


def target_groups(reader: Reader, mine: Belonging) -> list[Finding]:
    found = reader.items("elbv2", "describe_target_groups", "TargetGroups")
    return _judged(reader, mine, "target group", {i["TargetGroupArn"]: i.get("VpcId", "") for i in found})


def classic_load_balancers(reader: Reader, mine: Belonging) -> list[Finding]:
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


def cluster(reader: Reader, mine: Belonging) -> list[Finding]:
    answer = reader.find("eks", "describe_cluster", "ResourceNotFoundException", name=mine.full_name)
    if answer is None:
        return []
    tags = answer["cluster"].get("tags", {})
    return mine.named(f"EKS cluster {mine.full_name}", _listed(tags))


def repository(reader: Reader, mine: Belonging) -> list[Finding]:
    arguments = {"repositoryNames": [mine.full_name]}
    answer = reader.find("ecr", "describe_repositories", "RepositoryNotFoundException", **arguments)
    lines = []
    for item in (answer or {}).get("repositories", ()):
        absent, arn = "RepositoryNotFoundException", item["repositoryArn"]
        told = reader.find("ecr", "list_tags_for_resource", absent, resourceArn=arn)
        if told is not None:
            lines += mine.named(f"ECR repository {item['repositoryName']}", told["tags"])
    return lines


def certificates(reader: Reader, mine: Belonging) -> list[Finding]:
    """Of every kind of key: without the filter ACM tells of RSA 2048 only."""
    operation, absent = "list_tags_for_certificate", "ResourceNotFoundException"
    lines = []
    for item in reader.items("acm", "list_certificates", "CertificateSummaryList", Includes=ANY_KEY):
        answer = reader.find("acm", operation, absent, CertificateArn=item["CertificateArn"])
        if answer:
            lines += mine.judge(f"ACM certificate {item['CertificateArn']}", answer["Tags"])
    return lines


def log_groups(reader: Reader, mine: Belonging) -> list[Finding]:
    prefix, absent = f"/aws/eks/{mine.full_name}/", "ResourceNotFoundException"
    lines = []
    for item in reader.items("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=prefix):
        arn = item["arn"].removesuffix(":*")
        told = reader.find("logs", "list_tags_for_resource", absent, resourceArn=arn)
        if told is not None:
            lines += mine.named(f"log group {item['logGroupName']}", _listed(told["tags"]))
    return lines


def records(reader: Reader, mine: Belonging) -> list[Finding]:
    """Records that have a companion with our words, in every zone: the host name may have been another."""
    lines = []
    for zone in reader.items("route53", "list_hosted_zones", "HostedZones"):
        arguments = {"HostedZoneId": zone["Id"]}
        for record in reader.items("route53", "list_resource_record_sets", "ResourceRecordSets", **arguments):
            if mine.owns_record(record):
                name = record["Name"].removeprefix(RECORD_PREFIX).rstrip(".")
                lines.append(Finding(f"DNS record {name} in zone {zone['Name'].rstrip('.')}"))
    return lines


def _judged(reader: Reader, mine: Belonging, words: str, vpcs: dict[str, str]) -> list[Finding]:
    """vpcs: where each ARN stands."""
    return [
        finding
        for chunk in _chunks(list(vpcs))
        for told in reader.items("elbv2", "describe_tags", "TagDescriptions", ResourceArns=chunk)
        for finding in mine.judge(f"{words} {told['ResourceArn']}", told["Tags"], vpcs[told["ResourceArn"]])
    ]


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
)
