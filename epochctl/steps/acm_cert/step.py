"""The ACM certificate of the host name: found or requested, its record added where we can, waited for.

Never requests a second one, and never removes what does not carry our tags. Knows nothing of load balancers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from epochctl.aws.acm import Acm, CertificateState
from epochctl.aws.route53 import Route53, owner_text
from epochctl.config.settings import Settings
from epochctl.errors import CertificateError, EpochctlError, NotFoundError
from epochctl.net.dns import DnsClient
from epochctl.outputs import Certificate
from epochctl.steps.acm_cert.diagnosis import PendingDiagnosis
from epochctl.steps.acm_cert.failed import (
    PENDING,
    explain_failure,
    failed_certificates,
    refuse_unless_pending,
)
from epochctl.steps.acm_cert.imported import imported_certificate
from epochctl.steps.acm_cert.validation import Validation
from epochctl.workflow.step import Context, Observation
from epochctl.workflow.waiting import Pending, Ready

ISSUE_DEADLINE = 45 * 60.0  # a person has had time to add a record; ACM itself goes on for 72 hours
RECORD_DEADLINE = 120.0  # until ACM names the validation record of a fresh request
AGAIN = "run the same command again; the certificate stays requested"
DELETE_DEADLINE = 300.0  # a deleted listener keeps its certificate in use for some minutes


class AcmCert:
    """See the module."""

    name: ClassVar[str] = "acm-cert"
    needs: ClassVar[tuple[type, ...]] = ()
    produces: ClassVar[type] = Certificate

    def __init__(
        self,
        settings: Settings,
        region: str,
        *,
        acm: Acm,
        route53: Route53,
        names: DnsClient | None = None,
        elsewhere: tuple[Acm, ...] = (),
    ) -> None:
        """elsewhere: ACM in the other regions, whose certificates need the same validation record."""
        self._settings = settings
        self._acm, self._elsewhere = acm, elsewhere
        self._validation = Validation(route53, settings.hostname, owner_text(settings.tags))
        self._diagnosis = PendingDiagnosis(route53, names or DnsClient(), settings.hostname)

    def observe(self, ctx: Context) -> Observation:
        """Read ACM and the zone."""
        hostname, state = self._settings.hostname, self.status(ctx)
        if state is None:
            verb = (
                "replace the spent"
                if failed_certificates(self._acm.owned(self._settings.tags), hostname)
                else "request a"
            )
            due = (f"{verb} certificate for {hostname}", *self._validation.due(None))
            return Observation(
                None, (*due, f"wait until ACM issues the certificate for {hostname}"), self._left()
            )
        changes = () if self._settings.certificate_arn else self._validation.due(state)
        exists = (state.is_owned and not self._settings.certificate_arn) or self._left()
        if state.status == PENDING:
            waiting = f"wait until ACM issues the certificate for {hostname}"
            return Observation(None, (*changes, waiting), exists)
        return Observation(Certificate(state.arn, hostname), changes, exists)

    def apply(self, ctx: Context) -> Certificate:
        """Request or find, add the record, wait until issued."""
        return self._wait_for(ctx, self.request(ctx).arn)  # not wait(): ACM's list may not show it yet

    def destroy(self, ctx: Context) -> tuple[str, ...]:
        """Remove validation records of ours, then certificates with our tags. A given certificate is kept,
        even where it was us who requested it once, and so is the record that it needs for renewal. So is that
        of another region's certificate: it is the same record. Of two regions that go at the same time, the
        last one finds no certificate any more.

        The listeners are gone by then; ACM learns of it later than we.
        """
        gone = tuple(self._delete(ctx, state) for state in self._others(self._given()))
        return (*self._validation.withdraw(keep=self._needed()), *gone)

    def request(self, ctx: Context) -> CertificateState:
        """The certificate, requested if there is none, its validation record added where a zone is ours."""
        state = self.status(ctx)
        if self._settings.certificate_arn and state is not None:
            return state
        if state is None:
            state = self._request_first(ctx)
        if state.status == PENDING and not state.record_name:
            state = self._with_record(ctx, state)
        if said := self._validation.add(state):
            ctx.say(said)
        return state

    def status(self, ctx: Context) -> CertificateState | None:
        """The certificate as ACM sees it now, or None: nothing has been requested."""
        if self._settings.certificate_arn:
            return imported_certificate(self._acm, self._settings)
        return self._acm.find(self._settings.hostname, self._settings.tags)

    def why_pending(self, state: CertificateState) -> str:
        """Why it has not been issued yet, in words a person can act on."""
        found = self._diagnosis.find(state)
        return f"{found.cause}\nDo: {found.fix}" if found.fix else found.cause

    def wait(self, ctx: Context) -> Certificate:
        """Wait until it is issued. Stopping loses nothing: ACM goes on by itself."""
        state = self.status(ctx)
        if state is None:
            for old in failed_certificates(self._acm.owned(self._settings.tags), self._settings.hostname):
                refuse_unless_pending(old)
            what = f"no certificate for {self._settings.hostname} has been requested"
            raise NotFoundError(what, fix="epochctl cert request")
        return self._wait_for(ctx, state.arn)

    def _request_first(self, ctx: Context) -> CertificateState:
        """Where Amazon may issue one at all. What is spent is replaced: it would never become one."""
        if forbidden := self._diagnosis.forbidden():
            raise CertificateError(self._hopeless, why=forbidden.cause, fix=f"{forbidden.fix}, then {AGAIN}")
        old = failed_certificates(self._acm.owned(self._settings.tags), self._settings.hostname)
        state = self._acm.request(
            self._settings.hostname, self._settings.tags, " ".join(each.arn for each in old)
        )
        ctx.say(f"requested {state.arn}")
        for each in old:
            ctx.say(
                f"it replaces one that is {each.status.lower().replace('_', ' ')}: {explain_failure(each)}"
            )
            self._delete(ctx, each)
        return state

    @property
    def _hopeless(self) -> str:
        return f"no certificate for {self._settings.hostname} can be issued as things stand"

    def _wait_for(self, ctx: Context, arn: str) -> Certificate:
        since: dict[str, float] = {}
        return ctx.wait_for(
            f"certificate for {self._settings.hostname}",
            lambda: self._issued(ctx, arn, since),
            deadline=ISSUE_DEADLINE,
            fix="`epochctl cert wait` goes on waiting; nothing is lost",
            longest=5.0,
        )

    def _issued(self, ctx: Context, arn: str, since: dict[str, float]) -> Ready[Certificate] | Pending:
        """since: when each cause was first seen. One that only a person can end ends the wait."""
        now = self._acm.describe(arn)
        if now is None:
            raise CertificateError(f"certificate {arn} is gone", fix="epochctl cert request")
        if now.status == "ISSUED":
            return Ready(Certificate(arn, self._settings.hostname))
        refuse_unless_pending(now)
        found = self._diagnosis.find(now)
        seen = ctx.clock.now()
        if seen - since.setdefault(found.cause, seen) >= found.patience:
            raise CertificateError(self._hopeless, why=found.cause, fix=f"{found.fix}, then {AGAIN}")
        return Pending(found.cause)

    def _with_record(self, ctx: Context, state: CertificateState) -> CertificateState:
        """ACM makes up the validation record some seconds after the request."""

        def probe() -> Ready[CertificateState] | Pending:
            now = self._acm.describe(state.arn)
            if now is None or (now.status == PENDING and not now.record_name):
                return Pending("ACM has not named the validation record yet")
            return Ready(replace(now, is_owned=state.is_owned))

        return ctx.wait_for("validation record", probe, deadline=RECORD_DEADLINE)

    def _given(self) -> CertificateState | None:
        arn = self._settings.certificate_arn
        return (self._acm.describe(arn) or CertificateState(arn, "", "")) if arn else None

    def _others(self, given: CertificateState | None) -> tuple[CertificateState, ...]:
        ours = self._acm.owned(self._settings.tags)
        return tuple(state for state in ours if given is None or state.arn != given.arn)

    def _left(self) -> bool:
        """Whether anything of ours is there to be removed besides the certificate in use."""
        return bool(self._others(self._given()) or self._validation.ours(keep=self._needed()))

    def _needed(self) -> tuple[str, ...]:
        """Names of validation records that certificates are renewed by. Of a region that does not answer,
        every record: a certificate that cannot be renewed would be found out in months.
        """
        given = self._given()
        try:
            others = [state for acm in self._elsewhere for state in acm.owned(self._settings.tags)]
        except EpochctlError:
            return tuple(name for _, name in self._validation.all())
        return (*((given.record_name,) if given else ()), *(state.record_name for state in others))

    def _delete(self, ctx: Context, state: CertificateState) -> str:
        def probe() -> Ready[str] | Pending:
            if self._acm.delete(state.arn):
                return Ready(f"certificate {state.arn} ({state.hostname})")
            now = self._acm.describe(state.arn)
            users = ", ".join(now.in_use_by) if now else ""
            return Pending(f"ACM sees it in use by {users or 'a listener that is going away'}")

        fix = "remove the listener that uses it, then run `epochctl down` again"
        return ctx.wait_for(
            f"certificate {state.hostname} to be free", probe, deadline=DELETE_DEADLINE, fix=fix
        )
