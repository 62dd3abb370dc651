"""Sending clients to one region, and back: in an order in which somebody answers all the time.

Nothing is asked of the regions that are left. Killed anywhere and run again it goes on: what is done already
is seen in Route 53.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from epochctl.config.settings import Settings
from epochctl.errors import DeadlineError, VerifyError
from epochctl.failover.dns_answers import DnsAnswers
from epochctl.failover.region import sleeps
from epochctl.failover.routes import Routes
from epochctl.net.https import Failure, HttpsClient
from epochctl.steps.dns.propagation import TTL, wait_out_the_ttl
from epochctl.steps.verify.shared_hostname import HostnameAnswer, SharedHostname
from epochctl.workflow.step import Context
from epochctl.workflow.waiting import Pending, Ready

ANSWER_DEADLINE = 60.0
HEALTHY_DEADLINE = 240.0
SERVERS_DEADLINE = 180.0


@dataclass(frozen=True)
class StandbySizing:
    """What a standby's size is changed with: wake makes it as large as it must be to serve, rest small."""

    wake: Callable[[str], None]
    rest: Callable[[str], None]


class Switchover:
    """The clients of one host name."""

    def __init__(
        self,
        settings: Settings,
        routes: Routes,
        answers: DnsAnswers,
        sizes: StandbySizing,
        *,
        whole: SharedHostname | None = None,
        https: HttpsClient | None = None,
    ) -> None:
        self._settings, self._routes, self._answers, self._sizes = settings, routes, answers, sizes
        self._whole, self._https = whole or SharedHostname(settings), https or HttpsClient()

    def to(self, ctx: Context, region: str) -> HostnameAnswer:
        """Only that region answers, and what it answers is seen from here."""
        others = [one.name for one in self._routes.look() if one.name != region]
        self._routes.one(region)
        if sleeps(self._settings, region):
            ctx.say(f"wake {region}")
            self._sizes.wake(region)
        self._wait_until_well(ctx, (region,))
        drained = [other for other in others if self._drained(ctx, other)]
        self._wait_for_servers(ctx, {region})
        self._wait_out_the_ttl(ctx, ", ".join(drained))
        return self._seen_from_here(ctx, {region})

    def back(self, ctx: Context) -> HostnameAnswer:
        """Every region as the settings have it; a standby that was woken may rest again."""
        listed = [one for one in self._routes.look() if one.name in self._settings.regions]
        drained = tuple(one.name for one in listed if one.drained)
        asleep = {one.name for one in listed if one.role == "standby" and sleeps(self._settings, one.name)}
        for region in asleep & set(drained):
            self._routes.undrain(region)
        self._wait_until_well(ctx, [name for name in drained if name not in asleep] or [self._settings.home])
        primary = {one.name for one in listed if one.role == "primary"}
        if primary:
            self._wait_for_servers(ctx, primary)
        self._wait_out_the_ttl(ctx, ", ".join(drained))
        answer = self._seen_from_here(ctx, primary or {one.name for one in listed})
        self.rest(ctx)
        return answer

    def rest(self, ctx: Context) -> None:
        """Standbys back to the size that they wait with."""
        for region in self._settings.regions:
            if sleeps(self._settings, region):
                ctx.say(f"{region} goes back to the size of a standby")
                self._sizes.rest(region)

    def _wait_until_well(self, ctx: Context, regions: Iterable[str]) -> None:
        """First seen from here, then let in, then seen by Route 53's checkers."""
        for region in regions:
            self._wait_for_answer(ctx, region)
            if self._routes.undrain(region):
                ctx.say(f"{region} is undrained")
            self._wait_for_checkers(ctx, region)

    def _wait_for_answer(self, ctx: Context, region: str) -> None:
        """Its load balancer answers for the host name, whatever the name leads to now."""
        try:
            ctx.wait_for(f"an answer of {region}", lambda: self._answering(region), deadline=ANSWER_DEADLINE)
        except DeadlineError as late:
            raise VerifyError(
                f"{region} does not answer: clients are not sent there",
                why=late.why,
                fix=f"epochctl up --region {region}",
            ) from late

    def _answering(self, region: str) -> Ready[None] | Pending:
        addresses = [each for each in self._answers.addresses(region) if ":" not in each]
        if not addresses:
            return Pending(f"{self._routes.one(region).target} has no address")
        path = self._routes.checked(region).path  # a region that was rolled back may answer another
        answer = self._https.get(self._settings.hostname, addresses[0], path, verify=False)
        if isinstance(answer, Failure):
            return Pending(f"{answer.layer}: {answer.cause}")
        return Ready(None) if answer.status < 400 else Pending(f"{path} answers {answer.status}")

    def _wait_for_checkers(self, ctx: Context, region: str) -> None:
        def probe() -> Ready[None] | Pending:
            seen = self._routes.one(region)
            return Ready(None) if seen.well else Pending(f"{seen.told}; {seen.reason}".rstrip("; "))

        fix = f"epochctl verify --region {region}"
        ctx.wait_for(f"Route 53 to see {region} healthy", probe, deadline=HEALTHY_DEADLINE, fix=fix)

    def _drained(self, ctx: Context, region: str) -> bool:
        done = self._routes.drain(region)
        if done:
            ctx.say(f"{region} is drained: no new answer leads there")
        return done

    def _wait_for_servers(self, ctx: Context, wanted: set[str]) -> None:
        def probe() -> Ready[None] | Pending:
            told = self._answers.authoritative()
            return (
                Ready(None) if set(told) == wanted else Pending(f"they answer {', '.join(told) or 'nothing'}")
            )

        what = f"Route 53's servers to answer only with {', '.join(sorted(wanted))}"
        ctx.wait_for(what, probe, deadline=SERVERS_DEADLINE)

    def _wait_out_the_ttl(self, ctx: Context, before: str) -> None:
        """before: what was changed, "" where nothing was."""
        if before:
            cause = "resolvers may still remember what was before"
            wait_out_the_ttl(ctx, "the answers of before to be forgotten", cause)

    def _seen_from_here(self, ctx: Context, wanted: set[str]) -> HostnameAnswer:
        """As a client of this machine's resolver sees it."""
        given: list[HostnameAnswer] = []

        def probe() -> Ready[HostnameAnswer] | Pending:
            given.append(self._whole.ask(ctx))
            from_region = given[-1].region or self._answers.region_of(given[-1].address)
            if from_region in wanted:
                return Ready(given[-1])
            return Pending(f"{from_region or given[-1].address} answers here")

        what = f"{self._settings.hostname} to answer from {', '.join(sorted(wanted))}"
        return ctx.wait_for(what, probe, deadline=2 * TTL, fix="epochctl failover status")
