"""Builds every step of a region with its collaborators."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import partial

from epochctl.aws.acm import Acm
from epochctl.aws.ecr import Ecr
from epochctl.aws.eks import Eks
from epochctl.aws.elbv2 import Elbv2
from epochctl.aws.network import Network
from epochctl.aws.replication import Replication
from epochctl.aws.route53 import HealthChecks, Route53
from epochctl.aws.security_groups import SecurityGroups
from epochctl.aws.session import Aws
from epochctl.config.settings import Settings
from epochctl.kube.access import has_other_owner, reach
from epochctl.kube.orphans import Orphans
from epochctl.steps.acm_cert import AcmCert
from epochctl.steps.build import Build
from epochctl.steps.deploy import Deploy
from epochctl.steps.dns import Dns, Route53HealthCheckHold
from epochctl.steps.ecr_replication import EcrReplication
from epochctl.steps.infra_up import InfraUp, Reviewed
from epochctl.steps.lb_controller import LbController
from epochctl.steps.push import Push
from epochctl.steps.verify import Verify
from epochctl.steps.verify.pods import read_pods
from epochctl.tools.terraform import Terraform
from epochctl.workflow.step import Step


@dataclass(frozen=True)
class Steps:
    """The steps of one region, a field each; iterating gives them in the order of the fields."""

    acm_cert: AcmCert
    infra_up: InfraUp
    build: Build
    push: Push
    lb_controller: LbController
    deploy: Deploy
    dns: Dns
    verify: Verify

    def __iter__(self) -> Iterator[Step]:
        return iter(getattr(self, each.name) for each in fields(self))


def make_steps(
    settings: Settings, region: str, aws: Aws, ttl: str = "", reviewed: Reviewed | None = None
) -> Steps:
    """Return the steps of one region. Makes no request and starts no program.

    settings: as `current_size` returns them; ttl: of the command line, before the
    setting; reviewed: the only plans that may be applied.
    """
    ecr, eks, elbv2, route53, acm = Ecr(aws), Eks(aws), Elbv2(aws), Route53(aws), Acm(aws)
    groups, find_cluster = SecurityGroups(aws), partial(reach, eks, settings, region)
    network = Network(aws, groups)
    orphans = Orphans(settings.full_name, settings.tags, elbv2, groups, network)
    health = HealthChecks(aws, settings.full_name, settings.tags)
    hold = Route53HealthCheckHold(settings, region, route53=route53, elbv2=elbv2, health=health)
    other_acms = tuple(Acm(Aws(other)) for other in settings.regions if other != region)
    return Steps(
        acm_cert=AcmCert(settings, region, acm=acm, route53=route53, other_acms=other_acms),
        infra_up=InfraUp(
            settings,
            region,
            aws=aws,
            terraform=_terraform(settings, region),
            ecr=ecr,
            network=network,
            orphans=orphans,
            ttl=ttl,
            reviewed=reviewed,
        ),
        build=Build(settings, region),
        push=Push(settings, region, ecr=ecr, replication=_replication(settings, region)),
        lb_controller=LbController(
            settings,
            region,
            aws=aws,
            orphans=orphans,
            find_cluster=find_cluster,
            has_foreign_cluster=partial(has_other_owner, eks, settings),
        ),
        deploy=Deploy(
            settings,
            region,
            aws=aws,
            elbv2=elbv2,
            orphans=orphans,
            find_cluster=find_cluster,
            health_check_hold=hold,
        ),
        dns=Dns(settings, region, route53=route53, elbv2=elbv2, health=health, acm=acm),
        verify=Verify(settings, region, elbv2=elbv2, route53=route53, read_pods=partial(read_pods, eks)),
    )


def _terraform(settings: Settings, region: str) -> Terraform:
    directory = settings.state_directory(region) / "terraform"
    return Terraform(settings.files_of("terraform"), directory, region)


def current_size(settings: Settings, region: str, aws: Aws, health: HealthChecks | None = None) -> Settings:
    """Return the settings with the region's present size: a standby is small until the primary is drained.

    Reads the primary's health check in Route 53, and nothing where it would make no difference.
    """
    standby = settings.for_region(region, awake=False)
    if standby == settings:
        return settings
    checks = health or HealthChecks(aws, settings.full_name, settings.tags)
    primary = checks.find(settings.home)
    return settings if primary is not None and primary.is_drained else standby


def _replication(settings: Settings, region: str) -> EcrReplication | None:
    """Return the replication if several regions share an image, or did so when this one was listed."""
    if not settings.is_multi_region and region == settings.home:
        return None
    name, home = settings.full_name, settings.home
    return EcrReplication(
        region,
        name,
        home="" if region == home else home,
        replication=Replication(Aws(home), name),
        ecr_by_region={other: Ecr(Aws(other)) for other in settings.regions if other != region},
    )
