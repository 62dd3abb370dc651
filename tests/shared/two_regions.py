"""Two regions, Route 53 and a client in made-up time: what is broken is noticed late, and answers are
remembered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from epochctl.aws.route53 import HealthCheck, Observation, Placement
from epochctl.config.routing import Routing
from epochctl.config.settings import Settings
from epochctl.errors import Interrupted, NotFoundError
from epochctl.failover.client import Probe
from epochctl.failover.region import Region, role_of
from epochctl.net.https import Failure, Response
from epochctl.steps.verify.shared_hostname import HostnameAnswer
from epochctl.workflow.events import Event, StepProgress
from epochctl.workflow.outputs import Outputs
from epochctl.workflow.step import Context

WEST, EAST = "us-west-2", "us-east-1"
HOST = "epoch.example.com"
NOTICED, REMEMBERED = 30.0, 60.0


def settings(directory: Path = Path("."), **routing: object) -> Settings:
    return Settings(
        hostname=HOST,
        regions=(WEST, EAST),
        routing=Routing.model_validate(routing),
        directory=directory,
    )


@dataclass
class Place:
    """One region. since: when that began; noticed: what the checkers say."""

    up: bool = True
    since: float = -1000.0
    noticed: bool = True
    drained: bool = False
    kept: bool = False


@dataclass
class World:
    """Is the clock, the routes, the answers, the client and Whole in one."""

    settings: Settings
    places: dict[str, Place] = field(default_factory=lambda: {WEST: Place(), EAST: Place()})
    time: float = 0.0
    seen: list[Probe] = field(default_factory=list)
    remembered: tuple[float, str] = (-1000.0, "")
    events: list[Event] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    interrupt_at: float = float("inf")
    asking: bool = False
    on_tick: Callable[[float], None] = lambda now: None

    # the clock

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        end = self.time + max(seconds, 0.01)
        while self.time < end:
            self.time = min(end, self.time + 0.25)
            self._tick()
        if self.time >= self.interrupt_at:
            raise Interrupted("stopped")

    def _tick(self) -> None:
        for place in self.places.values():
            if not place.drained and self.time - place.since >= NOTICED:
                place.noticed = place.up
        self.on_tick(self.time)
        while self.asking and len(self.seen) <= self.time:
            self.seen.append(self._probe(float(len(self.seen))))

    def _probe(self, at: float) -> Probe:
        since, region = self.remembered
        if at - since >= REMEMBERED or not region:
            self.remembered = (at, self.answer())
        region = self.remembered[1]
        up = self.places[region].up
        return Probe(at, region if up else "", 200 if up else 0, 0.1, "" if up else "refused")

    # Route 53

    def answer(self) -> str:
        """The nearest, or the primary, that is not drained and healthy; of none, as if all were."""
        good = [name for name, place in self.places.items() if not place.drained and place.noticed]
        return (good or list(self.places))[0]

    def authoritative(self) -> tuple[str, ...]:
        return (self.answer(),)

    def resolve(self) -> tuple[str, str]:
        return self.answer(), "10.0.0.1"

    def addresses(self, region: str) -> tuple[str, ...]:
        return (region,)

    def region_of(self, address: str) -> str:
        return address

    def regions(self) -> tuple[Region, ...]:
        return tuple(self._region(name, place) for name, place in self.places.items())

    def region(self, name: str) -> Region:
        if name not in self.places:
            raise NotFoundError(f"{name} has no record")
        return self._region(name, self.places[name])

    def health_check(self, name: str) -> HealthCheck:
        check = self.region(name).check
        assert check is not None
        return check

    def drain(self, name: str) -> bool:
        place, self.log = self.places[name], [*self.log, f"drain {name}"]
        done, place.drained = not place.drained, True
        return done

    def undrain(self, name: str) -> bool:
        place, self.log = self.places[name], [*self.log, f"undrain {name}"]
        done, place.drained = place.drained, False
        if done:
            place.since, place.noticed = self.time, False
        return done

    def _region(self, name: str, place: Place) -> Region:
        kind = self.settings.routing.kind
        placed = Placement(name, kind, primary=name == WEST, health_check=name)
        asked = not (place.drained or place.kept)
        seen = tuple(Observation(str(n), place.noticed, "Success") for n in range(3 * asked))
        check = HealthCheck(name, name, f"lb.{name}", "/health", place.drained, place.kept)
        return Region(name, role_of(self.settings, name), placed, f"lb.{name}", check, seen)

    # a client

    def start(self) -> None:
        self.asking = True

    def stop(self) -> tuple[Probe, ...]:
        self.asking = False
        return tuple(self.seen)

    def probes(self) -> tuple[Probe, ...]:
        return tuple(self.seen)

    def get(self, hostname: str, address: str, path: str = "/", **more: object) -> Response | Failure:
        return Response(200, (), "") if self.places[address].up else Failure("connect", "refused")

    def ask(self, ctx: Context) -> HostnameAnswer:
        region = self._probe(self.time).region
        return HostnameAnswer(f"https://{HOST}/", region, region)

    # a break, and a standby

    kind = "network"
    description = "the cable is cut"

    def inject(self) -> None:
        self._turn(WEST, False)

    def repair(self) -> None:
        self.log.append("repair")
        self._turn(WEST, True)

    def scale_up(self, region: str) -> None:
        self.log.append(f"scale up {region}")
        self._turn(region, True)
        self.places[region].noticed = True

    def scale_down(self, region: str) -> None:
        self.log.append(f"scale down {region}")
        self._turn(region, False)

    def _turn(self, region: str, up: bool) -> None:
        self.places[region].up, self.places[region].since = up, self.time

    # who listens

    def context(self) -> Context:
        return Context("failover", Outputs(), self.events.append, self)

    @property
    def said(self) -> str:
        return "\n".join(event.message for event in self.events if isinstance(event, StepProgress))
