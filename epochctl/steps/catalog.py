"""Every step with its collaborators, as a person would say them. Knows no order of running, no terminal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from epochctl.aws.acm import Acm
from epochctl.aws.ecr import Ecr
from epochctl.aws.eks import Eks
from epochctl.aws.elbv2 import Elbv2
from epochctl.aws.log_groups import LogGroups
from epochctl.aws.network import Network
from epochctl.aws.replication import Replication
from epochctl.aws.route53 import HealthChecks, Route53
from epochctl.aws.security_groups import SecurityGroups
from epochctl.aws.session import Aws
from epochctl.aws.state_bucket import StateBucket
from epochctl.config.settings import Settings
from epochctl.kube.orphans import Orphans
from epochctl.steps.acm_cert import AcmCert
from epochctl.steps.build import Build
from epochctl.steps.deploy import Deploy
from epochctl.steps.dns import Dns, HealthCheckHold
from epochctl.steps.ecr_replication import EcrReplication
from epochctl.steps.infra_up import InfraUp, Reviewed
from epochctl.steps.lb_controller import LbController
from epochctl.steps.push import Push
from epochctl.steps.verify import Verify
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

    settings: as they are for this region (`region_size.current_size`); ttl: of the command line, before the
    setting; reviewed: the only plans that may be applied.
    """
    ecr, eks, elbv2, route53 = Ecr(aws), Eks(aws), Elbv2(aws), Route53(aws)
    acm, groups = Acm(aws), SecurityGroups(aws)
    network = Network(aws, groups)
    health = HealthChecks(aws, settings.full_name, settings.tags)
    hold = HealthCheckHold(settings, region, route53=route53, elbv2=elbv2, health=health)
    orphans = Orphans(settings.full_name, settings.tags, elbv2, groups, network)
    other_acms = tuple(Acm(Aws(other)) for other in settings.regions if other != region)
    terraform = Terraform(
        settings.files_of("terraform"), settings.state_directory(region) / "terraform", region
    )
    return Steps(
        acm_cert=AcmCert(settings, region, acm=acm, route53=route53, elsewhere=other_acms),
        infra_up=InfraUp(
            settings,
            region,
            aws=aws,
            terraform=terraform,
            bucket=StateBucket(aws),
            ecr=ecr,
            network=network,
            orphans=orphans,
            logs=LogGroups(aws),
            ttl=ttl,
            reviewed=reviewed,
        ),
        build=Build(settings, region),
        push=Push(settings, region, ecr=ecr, replicated=_replication(settings, region)),
        lb_controller=LbController(settings, region, aws=aws, eks=eks, orphans=orphans),
        deploy=Deploy(settings, region, aws=aws, eks=eks, elbv2=elbv2, orphans=orphans, keeping=hold),
        dns=Dns(settings, region, route53=route53, elbv2=elbv2, health=health, acm=acm),
        verify=Verify(settings, region, eks=eks, elbv2=elbv2, route53=route53),
    )


def _replication(settings: Settings, region: str) -> EcrReplication | None:
    """Where several regions share an image. A region that the settings no longer list keeps its copies."""
    if not settings.is_multi_region and region == settings.home:
        return None
    name, home = settings.full_name, settings.home
    return EcrReplication(
        region,
        name,
        home="" if region == home else home,
        replication=Replication(Aws(home), name),
        others={other: Ecr(Aws(other)) for other in settings.regions if other != region},
    )
