"""Load balancers, the cluster, the registry, certificates, logs and DNS records of ours."""

from __future__ import annotations

from epochctl.clients.leftovers.belonging import RECORD_PREFIX, Belonging
from epochctl.clients.leftovers.reading import Reader

BATCH = 20  # ARNs that ELB takes in one question about tags


def load_balancers(reader: Reader, mine: Belonging) -> list[str]:
    found = reader.items("elbv2", "describe_load_balancers", "LoadBalancers")
    return _tagged(reader, mine, "load balancer", [item["LoadBalancerArn"] for item in found])


def target_groups(reader: Reader, mine: Belonging) -> list[str]:
    found = reader.items("elbv2", "describe_target_groups", "TargetGroups")
    return _tagged(reader, mine, "target group", [item["TargetGroupArn"] for item in found])


def cluster(reader: Reader, mine: Belonging) -> list[str]:
    answer = reader.find("eks", "describe_cluster", "ResourceNotFoundException", name=mine.full_name)
    tags = (answer or {"cluster": {}})["cluster"].get("tags", {})
    ours = mine.marked({"Key": key, "Value": value} for key, value in tags.items())
    return [f"EKS cluster {mine.full_name}"] if ours else []


def repository(reader: Reader, mine: Belonging) -> list[str]:
    arguments = {"repositoryNames": [mine.full_name]}
    answer = reader.find("ecr", "describe_repositories", "RepositoryNotFoundException", **arguments)
    lines = []
    for item in (answer or {}).get("repositories", ()):
        absent, arn = "RepositoryNotFoundException", item["repositoryArn"]
        told = reader.find("ecr", "list_tags_for_resource", absent, resourceArn=arn)
        if told and mine.marked(told["tags"]):
            lines.append(f"ECR repository {item['repositoryName']}")
    return lines


def certificates(reader: Reader, mine: Belonging) -> list[str]:
    operation, absent = "list_tags_for_certificate", "ResourceNotFoundException"
    lines = []
    for item in reader.items("acm", "list_certificates", "CertificateSummaryList"):
        answer = reader.find("acm", operation, absent, CertificateArn=item["CertificateArn"])
        if answer and mine.owns(answer["Tags"]):
            lines.append(f"ACM certificate {item['CertificateArn']}")
    return lines


def log_groups(reader: Reader, mine: Belonging) -> list[str]:
    prefix = f"/aws/eks/{mine.full_name}/"
    found = reader.items("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=prefix)
    return [f"log group {item['logGroupName']}" for item in found]


def records(reader: Reader, mine: Belonging) -> list[str]:
    """Records that have a companion with our words, in every zone: the host name may have been another."""
    lines = []
    for zone in reader.items("route53", "list_hosted_zones", "HostedZones"):
        arguments = {"HostedZoneId": zone["Id"]}
        for record in reader.items("route53", "list_resource_record_sets", "ResourceRecordSets", **arguments):
            if mine.owns_record(record):
                name = record["Name"].removeprefix(RECORD_PREFIX).rstrip(".")
                lines.append(f"DNS record {name} in zone {zone['Name'].rstrip('.')}")
    return lines


def _tagged(reader: Reader, mine: Belonging, words: str, arns: list[str]) -> list[str]:
    lines = []
    for start in range(0, len(arns), BATCH):
        chunk = {"ResourceArns": arns[start : start + BATCH]}
        for tagged in reader.items("elbv2", "describe_tags", "TagDescriptions", **chunk):
            if mine.owns(tagged["Tags"]):
                lines.append(f"{words} {tagged['ResourceArn']}")
    return lines


QUESTIONS = (load_balancers, target_groups, cluster, repository, certificates, log_groups, records)
