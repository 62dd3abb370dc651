"""The name that several regions share: who is sent clients, and who answers."""

from __future__ import annotations

from typing import Any

import pytest
from clock import Clock

from epochctl.aws.route53 import Alias, HealthCheck, Observation, Placement, Record
from epochctl.config.settings import Settings
from epochctl.errors import VerifyError
from epochctl.net.dns import DnsAnswer as Resolved
from epochctl.net.https import Failure, Response
from epochctl.steps.dns.region_share import RegionShare, answering, region_share
from epochctl.steps.verify.shared_hostname import SharedHostname
from epochctl.workflow.outputs import Outputs
from epochctl.workflow.step import Context

HOST = "epoch.example.com"
WEST, EAST = "us-west-2", "us-east-1"
ROUTED = Record(HOST, "A", alias=Alias("lb", "Z1"), placement=Placement(EAST, "latency", health_check="1"))


class Names:
    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    def resolve(self, hostname: str) -> Resolved:
        return (
            Resolved("found", self.addresses) if self.addresses else Resolved("absent", reason="no such name")
        )


class Https:
    def __init__(self, answer: Response | Failure) -> None:
        self.answer = answer

    def get(self, hostname: str, address: str, path: str, *, accept: str) -> Response | Failure:
        assert accept == "application/json"
        return self.answer


def asked(names: Any, answer: Response | Failure, **settings: Any) -> Any:
    whole = SharedHostname(Settings(hostname=HOST, **settings), names, Https(answer))  # type: ignore[arg-type]
    return whole.ask(Context("name", Outputs(), lambda event: None, Clock()))


def test_the_region_is_the_services_own_word() -> None:
    found = asked(Names("10.0.0.1"), Response(200, (), f'{{"epoch": 1, "region": "{EAST}"}}'))
    assert (found.url, found.address, found.region) == (f"https://{HOST}/", "10.0.0.1", EAST)


@pytest.mark.parametrize("body", ["1795536489\n", "[]", '{"region": null}'])
def test_a_service_that_does_not_say_is_no_mistake(body: str) -> None:
    assert asked(Names("10.0.0.1"), Response(200, (), body)).region == ""


def test_a_service_of_the_users_is_asked_for_its_health_alone() -> None:
    answer = Response(200, (), f'{{"region": "{EAST}"}}')
    assert asked(Names("10.0.0.1"), answer, service={"image": "app:1"}).region == ""


@pytest.mark.parametrize(
    ("names", "answer", "why"),
    [
        (Names(), Response(200, (), ""), "no address: no such name"),
        (Names("10.0.0.1"), Failure("tls", "self-signed"), "10.0.0.1: tls: self-signed"),
        (Names("10.0.0.1"), Response(503, (), ""), "10.0.0.1: / answers 503"),
    ],
)
def test_where_nobody_answers_the_cause_is_told(names: Names, answer: Response | Failure, why: str) -> None:
    with pytest.raises(VerifyError) as caught:
        asked(names, answer)
    assert caught.value.why == why


def check(*, drained: bool = False) -> HealthCheck:
    return HealthCheck("1", EAST, "lb", "/health", drained)


def seen(*healthy: bool) -> tuple[Observation, ...]:
    return tuple(Observation("eu-west-1", one, "") for one in healthy)


def test_a_share_is_healthy_while_enough_of_the_checkers_say_so() -> None:
    assert region_share(ROUTED, check(), seen(True, False, False)) == RegionShare(
        EAST, "latency", healthy=True
    )
    assert region_share(ROUTED, check(), seen(False, False)).healthy is False
    assert region_share(ROUTED, check(), ()).healthy is None
    assert region_share(ROUTED, None, ()).answers
    assert not region_share(ROUTED, check(drained=True), seen(True)).answers


def test_clients_are_sent_to_all_where_none_is_healthy_but_never_to_a_drained_one() -> None:
    west, east = RegionShare(WEST, "latency", healthy=False), RegionShare(EAST, "latency", healthy=True)
    assert answering((west, east)) == (EAST,)
    assert answering((west, RegionShare(EAST, "latency", healthy=False))) == (WEST, EAST)
    assert answering((west, RegionShare(EAST, "latency", drained=True))) == (WEST,)
