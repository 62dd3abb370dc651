"""Checks of quotas and of the region, the error that failed checks amount to, and a check that hangs."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest

from epochctl.aws.capacity import InstanceType, Usage, Zones
from epochctl.aws.eks import AccessEntry
from epochctl.aws.quotas import Limit, Quota
from epochctl.config.settings import Cluster, Settings
from epochctl.errors import CredentialsError, PreflightError, ToolError
from epochctl.preflight.check_result import CheckResult, ok, preflight_error
from epochctl.preflight.checks import ParallelChecks
from epochctl.preflight.hosted_zone import HostedZoneChecks
from epochctl.preflight.local import LocalChecks
from epochctl.preflight.quotas import QuotaChecks
from epochctl.preflight.region_support import RegionChecks

ABC = ("us-west-2a", "us-west-2b", "us-west-2c")
MEDIUM = InstanceType("t3.medium", 2, ("x86_64",), ABC)


@dataclass
class Region:
    """Capacity and quotas as AWS might tell them."""

    use: dict[str, Usage] = field(default_factory=dict)
    gateways: dict[str, Usage] = field(default_factory=dict)
    limit_of: Limit = field(default_factory=lambda: Limit(5))
    fit: tuple[str, ...] = ABC
    types: tuple[InstanceType, ...] = (MEDIUM,)

    def vpcs(self) -> Usage:
        return self.use.get("vpcs", Usage(0, 0))

    def addresses(self) -> Usage:
        return self.use.get("addresses", Usage(0, 0))

    def clusters(self) -> Usage:
        return self.use.get("clusters", Usage(0, 0))

    def standard_vcpus(self) -> Usage:
        return self.use.get("vcpus", Usage(0, 0))

    def nat_gateways(self) -> dict[str, Usage]:
        return self.gateways

    def zones(self) -> Zones:
        return Zones(self.fit, ("us-east-1e",))

    def instance_types(self, names: tuple[str, ...]) -> tuple[InstanceType, ...]:
        return self.types

    def limit(self, quota: Quota) -> Limit:
        return self.limit_of


def quotas(region: Region, **cluster: Any) -> QuotaChecks:
    settings = Settings(hostname="epoch.example.com", cluster=Cluster(**cluster))
    return QuotaChecks(settings, region, region)  # type: ignore[arg-type]


def support(region: Region, until: date | type[LookupError] | None = None, **cluster: Any) -> RegionChecks:
    class Calendar:
        def standard_support(self, version: str) -> date | None:
            if isinstance(until, type):
                raise until(version)
            return until

    settings = Settings(hostname="epoch.example.com", cluster=Cluster(**cluster))
    return RegionChecks(settings, region, Calendar())  # type: ignore[arg-type]


def states(results: Any) -> list[str]:
    return [result.state for result in results]


def test_a_full_quota_says_how_full_and_how_to_get_more() -> None:
    (result,) = quotas(Region(use={"vpcs": Usage(5, 0)})).vpcs()
    assert (result.state, result.why) == ("fail", "1 needed, 0 free (5 of 5 in use)")
    assert "--service-code vpc --quota-code L-F678F1CE" in result.fix


def test_what_exists_already_needs_no_room() -> None:
    assert states(quotas(Region(use={"vpcs": Usage(5, 1)})).vpcs()) == ["ok"]


def test_a_quota_that_cannot_be_read_stops_nothing() -> None:
    region = Region(use={"vpcs": Usage(9, 0)}, limit_of=Limit(5, "GetServiceQuota: AccessDenied"))
    (result,) = quotas(region).vpcs()
    assert result.state == "warn"
    assert "AccessDenied" in result.why


def test_the_fullest_zone_decides_about_gateways() -> None:
    region = Region(gateways={"us-west-2b": Usage(5, 0)})
    assert states(quotas(region, nat="single").nat_gateways()) == ["ok"]
    (result,) = quotas(region, nat="per-az").nat_gateways()
    assert (result.state, "us-west-2b" in result.why) == ("fail", True)
    assert states(quotas(region, nat="none").nat_gateways()) == []


def test_vcpus_are_counted_by_the_largest_type() -> None:
    (result,) = quotas(Region(use={"vcpus": Usage(2, 0)})).vcpus()
    assert (result.state, result.why) == ("fail", "4 needed, 3 free (2 of 5 in use)")
    gpu = InstanceType("g5.xlarge", 4, ("x86_64",), ABC)
    assert states(quotas(Region(types=(gpu,))).vcpus()) == ["warn"]


def test_two_zones_are_needed_and_the_unfit_one_is_named() -> None:
    (result,) = support(Region()).zones()
    assert (result.state, "us-east-1e" in result.why) == ("ok", True)
    assert states(support(Region(fit=ABC[:1])).zones()) == ["fail"]


def test_instance_types_where_they_are_offered() -> None:
    assert states(support(Region()).instance_types()) == ["ok", "ok"]
    partly = InstanceType("t3.medium", 2, ("x86_64",), ABC[:2])
    assert states(support(Region(types=(partly,))).instance_types()) == ["warn", "ok"]
    assert states(support(Region(types=())).instance_types()) == ["fail"]


def test_mixed_architectures_fail_and_both_are_named() -> None:
    arm = InstanceType("t4g.medium", 2, ("arm64",), ABC)
    region = Region(types=(MEDIUM, arm))
    result = list(support(region, instance_types=("t3.medium", "t4g.medium")).instance_types())[-1]
    assert result.state == "fail"
    assert "t3.medium is amd64" in result.why
    assert "t4g.medium is arm64" in result.why


def test_nodes_of_two_processors_fail_before_an_image_is_made() -> None:
    cluster = Cluster(instance_types=("t3.medium", "t4g.medium"))
    (result,) = LocalChecks(Settings(hostname="e.example.com", cluster=cluster), "us-west-2").image()
    assert result.state == "fail"
    assert "t4g.medium is arm64" in result.why


@pytest.mark.parametrize(("days", "state"), [(-1, "fail"), (20, "warn"), (200, "ok")])
def test_days_of_support(days: int, state: str) -> None:
    # AWS's day is UTC's, which may be the next one already
    assert states(support(Region(), date.today() + timedelta(days=days)).version()) == [state]


def test_a_version_that_eks_has_not() -> None:
    assert states(support(Region(), LookupError, version="1.99").version()) == ["fail"]


def test_without_an_answer_of_eks_versions_toml_decides() -> None:
    assert states(support(Region(), None).version()) == ["ok"]
    assert states(support(Region(), None, version="1.35").version()) == ["warn"]


@pytest.mark.parametrize(
    ("regions", "state"), [(("us-west-2",), "warn"), (("us-west-2", "us-east-1"), "fail")]
)
def test_several_regions_need_the_zone_in_this_account(regions: tuple[str, ...], state: str) -> None:
    class Elsewhere:
        def zone_for(self, hostname: str) -> None:
            return None

    settings = Settings(hostname="epoch.example.com", regions=regions)
    (result,) = HostedZoneChecks(settings, Elsewhere(), Elsewhere()).delegation()  # type: ignore[arg-type]
    assert result.state == state
    assert ("several regions cannot share it" in result.why) == (state == "fail")


def test_a_check_that_hangs_is_reported_and_not_waited_for() -> None:
    def hang() -> list[CheckResult]:
        time.sleep(5)
        return []

    checks = ParallelChecks(0.1)
    checks.start({"slow": hang, "quick": lambda: [ok("quick", "here")]})
    start = time.monotonic()
    assert [(result.name, result.state) for result in checks.results()] == [("slow", "warn"), ("quick", "ok")]
    assert time.monotonic() - start < 2


def test_a_check_that_aws_refuses_is_a_warning() -> None:
    def refused() -> list[CheckResult]:
        raise CredentialsError("AWS refused the request", why="ListRoles: AccessDenied")

    checks = ParallelChecks(5)
    checks.start({"names": refused})
    (result,) = checks.results()
    assert (result.state, "AccessDenied" in result.why) == ("warn", True)


def test_one_failure_keeps_its_own_exit_code_several_are_one_error() -> None:
    tool = CheckResult(
        "helm", "fail", "not installed", "install it", error=ToolError("helm is not installed")
    )
    quota = CheckResult("quota VPCs", "fail", "0 free", "ask for more")
    assert preflight_error([ok("disk", "enough")]) is None
    assert isinstance(preflight_error([tool]), ToolError)
    both = preflight_error([tool, quota])
    assert isinstance(both, PreflightError)
    assert "0 free" in both.why
    assert both.fix == "install it\nask for more"


def test_an_assumed_role_matches_its_access_entry() -> None:
    entry = AccessEntry("arn:aws:iam::123456789012:role/team/deployer")
    assert entry.matches("arn:aws:sts::123456789012:assumed-role/deployer/ci-7")
    assert not entry.matches("arn:aws:sts::210987654321:assumed-role/deployer/ci-7")
    assert not entry.matches("arn:aws:sts::123456789012:assumed-role/reader/ci-7")
