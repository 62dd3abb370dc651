"""Every step with its collaborators, as a person would say them. Knows no order of running, no terminal."""

from __future__ import annotations

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


def steps(
    settings: Settings, region: str, aws: Aws, ttl: str = "", reviewed: Reviewed | None = None
) -> tuple[Step, ...]:
    """The steps of one region. Nothing is asked or started here. ttl: asked for now, not the setting."""
    ecr, eks, elbv2, route53 = Ecr(aws), Eks(aws), Elbv2(aws), Route53(aws)
    acm, groups = Acm(aws), SecurityGroups(aws)
    network = Network(aws, groups)
    health = HealthChecks(aws, settings.full_name, settings.tags)
    keeping = HealthCheckHold(settings, region, route53=route53, elbv2=elbv2, health=health)
    orphans = Orphans(settings.full_name, settings.tags, elbv2, groups, network)
    return (
        AcmCert(
            settings,
            region,
            acm=acm,
            route53=route53,
            elsewhere=tuple(Acm(Aws(other)) for other in settings.regions if other != region),
        ),
        InfraUp(
            settings,
            region,
            aws=aws,
            terraform=Terraform(
                settings.files_of("terraform"), settings.state_directory(region) / "terraform", region
            ),
            bucket=StateBucket(aws),
            ecr=ecr,
            network=network,
            orphans=orphans,
            logs=LogGroups(aws),
            ttl=ttl,
            reviewed=reviewed,
        ),
        Build(settings, region),
        Push(settings, region, ecr=ecr, replicated=_replicated(settings, region)),
        LbController(settings, region, aws=aws, eks=eks, orphans=orphans),
        Deploy(settings, region, aws=aws, eks=eks, elbv2=elbv2, orphans=orphans, keeping=keeping),
        Dns(settings, region, route53=route53, elbv2=elbv2, health=health, acm=acm),
        Verify(settings, region, eks=eks, elbv2=elbv2, route53=route53),
    )


def _replicated(settings: Settings, region: str) -> EcrReplication | None:
    """Of several regions. One that is no longer in the settings has its copies from home, too."""
    if not settings.routed and region == settings.home:
        return None
    name, home = settings.full_name, settings.home
    return EcrReplication(
        region,
        name,
        home="" if region == home else home,
        replication=Replication(Aws(home), name),
        others={other: Ecr(Aws(other)) for other in settings.regions if other != region},
    )
