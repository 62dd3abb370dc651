"""Sends all clients to one region, and back, in an order in which the host name always has an answer.

The regions that clients leave are not asked anything. After a kill the same command resumes: Route 53 shows
what is done already.
"""

from __future__ import annotations

from collections.abc import Iterable

from epochctl.command import Command
from epochctl.config.settings import Settings
from epochctl.errors import DeadlineError, VerifyError
from epochctl.failover.dns_answers import DnsAnswers
from epochctl.failover.region import needs_scale_up
from epochctl.failover.routes import Routes
from epochctl.failover.standby import StandbySizing
from epochctl.net.https import Failure, HttpsClient
from epochctl.steps.dns.propagation import TTL, wait_for_ttl
from epochctl.steps.verify.shared_hostname import HostnameAnswer, SharedHostname
from epochctl.workflow.step import Context
from epochctl.workflow.waiting import Pending, Ready

ANSWER_DEADLINE = 60.0
HEALTHY_DEADLINE = 240.0
SERVERS_DEADLINE = 180.0


class Switchover:
    """Decides which region the clients of one host name use."""

    def __init__(
        self,
        settings: Settings,
        routes: Routes,
        answers: DnsAnswers,
        sizing: StandbySizing,
        *,
        shared_hostname: SharedHostname | None = None,
        https: HttpsClient | None = None,
    ) -> None:
        self._settings, self._routes, self._answers, self._sizing = settings, routes, answers, sizing
        self._shared_hostname = shared_hostname or SharedHostname(settings)
        self._https = https or HttpsClient()

    def switch_to(self, ctx: Context, region: str) -> HostnameAnswer:
        """Send all clients to one region, and return what this machine is answered then."""
        others = [one.name for one in self._routes.regions() if one.name != region]
        self._routes.region(region)
        if needs_scale_up(self._settings, region):
            ctx.report(f"wake {region}")
            self._sizing.scale_up(region)
        self._wait_until_healthy(ctx, (region,))
        drained = [other for other in others if self._drain(ctx, other)]
        self._wait_for_servers(ctx, {region})
        self._wait_for_ttl(ctx, ", ".join(drained))
        return self._wait_for_this_machine(ctx, {region})

    def restore(self, ctx: Context) -> HostnameAnswer:
        """Put every region back into DNS as the settings have it, and scale the standbys down.

        Returns what this machine is answered then.
        """
        listed = [one for one in self._routes.regions() if one.name in self._settings.regions]
        drained = tuple(one.name for one in listed if one.is_drained)
        reduced = {
            one.name for one in listed if one.role == "standby" and needs_scale_up(self._settings, one.name)
        }
        for region in reduced & set(drained):
            self._routes.undrain(region)
        self._wait_until_healthy(
            ctx, [name for name in drained if name not in reduced] or [self._settings.home]
        )
        primary = {one.name for one in listed if one.role == "primary"}
        if primary:
            self._wait_for_servers(ctx, primary)
        self._wait_for_ttl(ctx, ", ".join(drained))
        answer = self._wait_for_this_machine(ctx, primary or {one.name for one in listed})
        self.scale_down(ctx)
        return answer

    def scale_down(self, ctx: Context) -> None:
        """Scale the standbys down to the size that the settings give them."""
        for region in self._settings.regions:
            if needs_scale_up(self._settings, region):
                ctx.report(f"{region} goes back to the size of a standby")
                self._sizing.scale_down(region)

    def _wait_until_healthy(self, ctx: Context, regions: Iterable[str]) -> None:
        """Wait for an answer of each region, undrain it, and wait until Route 53 sees it healthy."""
        for region in regions:
            self._wait_for_answer(ctx, region)
            if self._routes.undrain(region):
                ctx.report(f"{region} is undrained")
            self._wait_for_checkers(ctx, region)

    def _wait_for_answer(self, ctx: Context, region: str) -> None:
        """Wait until its load balancer answers for the host name, whatever DNS answers now."""
        try:
            ctx.wait_for(f"an answer of {region}", lambda: self._probe(region), deadline=ANSWER_DEADLINE)
        except DeadlineError as late:
            raise VerifyError(
                f"{region} does not answer: clients are not sent there",
                why=late.why,
                fix=Command("up", "--region", region),
            ) from late

    def _probe(self, region: str) -> Ready[None] | Pending:
        addresses = [each for each in self._answers.addresses(region) if ":" not in each]
        if not addresses:
            return Pending(f"{self._routes.region(region).target} has no address")
        path = self._routes.health_check(region).path  # a region that was rolled back may answer another
        answer = self._https.get(self._settings.hostname, addresses[0], path, verify=False)
        if isinstance(answer, Failure):
            return Pending(f"{answer.layer}: {answer.cause}")
        return Ready(None) if answer.status < 400 else Pending(f"{path} answers {answer.status}")

    def _wait_for_checkers(self, ctx: Context, region: str) -> None:
        def probe() -> Ready[None] | Pending:
            now = self._routes.region(region)
            return Ready(None) if now.is_healthy else Pending(f"{now.health_text}; {now.reason}".rstrip("; "))

        fix = Command("verify", "--region", region)
        ctx.wait_for(f"Route 53 to see {region} healthy", probe, deadline=HEALTHY_DEADLINE, fix=fix)

    def _drain(self, ctx: Context, region: str) -> bool:
        done = self._routes.drain(region)
        if done:
            ctx.report(f"{region} is drained: no new answer leads there")
        return done

    def _wait_for_servers(self, ctx: Context, wanted: set[str]) -> None:
        def probe() -> Ready[None] | Pending:
            found = self._answers.authoritative()
            if set(found) == wanted:
                return Ready(None)
            return Pending(f"they answer {', '.join(found) or 'nothing'}")

        what = f"Route 53's servers to answer only with {', '.join(sorted(wanted))}"
        ctx.wait_for(what, probe, deadline=SERVERS_DEADLINE)

    def _wait_for_ttl(self, ctx: Context, changed: str) -> None:
        """changed: the regions whose answers changed, "" for none."""
        if changed:
            cause = "resolvers may still remember what was before"
            wait_for_ttl(ctx, "the answers of before to be forgotten", cause)

    def _wait_for_this_machine(self, ctx: Context, wanted: set[str]) -> HostnameAnswer:
        """Wait until a client on this machine is answered by one of these regions."""
        answers: list[HostnameAnswer] = []

        def probe() -> Ready[HostnameAnswer] | Pending:
            answers.append(self._shared_hostname.wait_for_answer(ctx))
            region = answers[-1].region or self._answers.region_of(answers[-1].address)
            if region in wanted:
                return Ready(answers[-1])
            return Pending(f"{region or answers[-1].address} answers here")

        what = f"{self._settings.hostname} to answer from {', '.join(sorted(wanted))}"
        return ctx.wait_for(what, probe, deadline=2 * TTL, fix=Command("failover", "status"))
