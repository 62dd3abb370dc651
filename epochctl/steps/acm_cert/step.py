"""`acm-cert`: finds or requests the ACM certificate of the host name, adds its record, waits until issued.

Never requests a second one, and deletes only what carries the environment's tags.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from epochctl.aws.acm import Acm, CertificateState
from epochctl.aws.route53 import Route53, owner_text
from epochctl.command import Command
from epochctl.config.settings import Settings
from epochctl.errors import CertificateError, EpochctlError, NotFoundError
from epochctl.net.dns import DnsClient
from epochctl.outputs import Certificate
from epochctl.steps.acm_cert.certificate_status import (
    PENDING,
    explain_failure,
    failed_certificates,
    imported_certificate,
    refuse_unless_pending,
)
from epochctl.steps.acm_cert.pending_diagnosis import PendingCause, PendingDiagnosis
from epochctl.steps.acm_cert.validation_record import ValidationRecord
from epochctl.workflow.step import Context, Observation
from epochctl.workflow.waiting import Pending, Ready

ISSUE_DEADLINE = 45 * 60.0  # time enough to add a record by hand; ACM itself tries for 72 hours
RECORD_DEADLINE = 120.0  # until ACM names the validation record of a fresh request
AGAIN = "run the same command again; the certificate stays requested"
DELETE_DEADLINE = 300.0  # a deleted listener keeps its certificate in use for some minutes


class AcmCert:
    """The certificate of one region."""

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
        dns: DnsClient | None = None,
        other_acms: tuple[Acm, ...] = (),
    ) -> None:
        """other_acms: of the other regions, whose certificates need the same validation record."""
        self._settings, self._acm, self._other_acms = settings, acm, other_acms
        self._record = ValidationRecord(route53, settings.hostname, owner_text(settings.tags))
        self._diagnosis = PendingDiagnosis(route53, dns or DnsClient(), settings.hostname)

    def observe(self, ctx: Context) -> Observation:
        """Read ACM and the zone."""
        hostname, state = self._settings.hostname, self.status(ctx)
        wait = f"wait until ACM issues the certificate for {hostname}"
        if state is None:
            verb = "replace the spent" if self._failed() else "request a"
            changes = (f"{verb} certificate for {hostname}", *self._record.pending_changes(None), wait)
            return Observation(None, changes, self._has_removable())
        changes = () if self._settings.certificate_arn else self._record.pending_changes(state)
        exists = (state.is_owned and not self._settings.certificate_arn) or self._has_removable()
        if state.status == PENDING:
            return Observation(None, (*changes, wait), exists)
        return Observation(Certificate(state.arn, hostname), changes, exists)

    def apply(self, ctx: Context) -> Certificate:
        """Find or request the certificate, add its record, wait until it is issued.

        Raises CertificateError for a cause that waiting does not end.
        """
        return self._wait_for(ctx, self.request(ctx).arn)  # not wait(): ACM's list may not show it yet

    def destroy(self, ctx: Context) -> tuple[str, ...]:
        """Delete the environment's certificates, then the validation records that no other one needs.

        An imported certificate is kept, even if epochctl requested it once, and so is the record for its
        renewal. A certificate of another region needs the same record: where two regions go at the same time,
        the last one finds no other certificate and removes the record. The listeners are gone by then, which
        ACM learns some minutes later.
        """
        deleted = tuple(self._delete(ctx, state) for state in self._removable(self._imported()))
        return (*self._record.remove(keep=self._needed_records()), *deleted)

    def request(self, ctx: Context) -> CertificateState:
        """Return the certificate, requested if there is none, its validation record added where possible.

        Raises CertificateError where a CAA record forbids it, or another record is in the way.
        """
        state = self.status(ctx)
        if self._settings.certificate_arn and state is not None:
            return state
        if state is None:
            state = self._request_new(ctx)
        if state.status == PENDING and not state.record_name:
            state = self._wait_for_record_name(ctx, state)
        if message := self._record.add(state):
            ctx.report(message)
        return state

    def status(self, ctx: Context) -> CertificateState | None:
        """Return the certificate as ACM describes it, or None where nothing usable has been requested."""
        if self._settings.certificate_arn:
            return imported_certificate(self._acm, self._settings)
        return self._acm.find(self._settings.hostname, self._settings.tags)

    def why_pending(self, state: CertificateState) -> str:
        """Return why it has not been issued yet, and on a second line what to do about it."""
        pending = self._diagnosis.find(state)
        return f"{pending.cause}\nDo: {pending.fix}" if pending.fix else pending.cause

    def wait(self, ctx: Context) -> Certificate:
        """Wait until it is issued, and return it. ACM continues by itself where the wait is stopped.

        Raises NotFoundError where none was requested, CertificateError where none will be issued.
        """
        state = self.status(ctx)
        if state is None:
            for failed in self._failed():
                refuse_unless_pending(failed)
            what = f"no certificate for {self._settings.hostname} has been requested"
            raise NotFoundError(what, fix=Command("cert", "request"))
        return self._wait_for(ctx, state.arn)

    def _request_new(self, ctx: Context) -> CertificateState:
        """Request a certificate in place of those that failed, and delete them."""
        if denial := self._diagnosis.caa_denial():
            raise self._cannot_be_issued(denial)
        replaced = self._failed()
        arns = " ".join(each.arn for each in replaced)
        state = self._acm.request(self._settings.hostname, self._settings.tags, arns)
        ctx.report(f"requested {state.arn}")
        for each in replaced:
            status = each.status.lower().replace("_", " ")
            ctx.report(f"it replaces one that is {status}: {explain_failure(each)}")
            self._delete(ctx, each)
        return state

    def _cannot_be_issued(self, cause: PendingCause) -> CertificateError:
        what = f"no certificate for {self._settings.hostname} can be issued as things stand"
        return CertificateError(what, why=cause.cause, fix=f"{cause.fix}, then {AGAIN}")

    def _wait_for(self, ctx: Context, arn: str) -> Certificate:
        first_seen: dict[str, float] = {}
        return ctx.wait_for(
            f"certificate for {self._settings.hostname}",
            lambda: self._issued(ctx, arn, first_seen),
            deadline=ISSUE_DEADLINE,
            fix=f"`{Command('cert', 'wait')}` goes on waiting; nothing is lost",
            longest=5.0,
        )

    def _issued(self, ctx: Context, arn: str, first_seen: dict[str, float]) -> Ready[Certificate] | Pending:
        """Probe for the issued certificate. first_seen: by cause; a cause that lasts too long is final."""
        state = self._acm.describe(arn)
        if state is None:
            raise CertificateError(f"certificate {arn} is gone", fix=Command("cert", "request"))
        if state.status == "ISSUED":
            return Ready(Certificate(arn, self._settings.hostname))
        refuse_unless_pending(state)
        pending, now = self._diagnosis.find(state), ctx.clock.now()
        if now - first_seen.setdefault(pending.cause, now) >= pending.timeout:
            raise self._cannot_be_issued(pending)
        return Pending(pending.cause)

    def _wait_for_record_name(self, ctx: Context, state: CertificateState) -> CertificateState:
        """Wait until ACM names the validation record, some seconds after the request."""

        def probe() -> Ready[CertificateState] | Pending:
            now = self._acm.describe(state.arn)
            if now is None or (now.status == PENDING and not now.record_name):
                return Pending("ACM has not named the validation record yet")
            return Ready(replace(now, is_owned=state.is_owned))

        return ctx.wait_for("validation record", probe, deadline=RECORD_DEADLINE)

    def _failed(self) -> tuple[CertificateState, ...]:
        return failed_certificates(self._acm.owned(self._settings.tags), self._settings.hostname)

    def _imported(self) -> CertificateState | None:
        arn = self._settings.certificate_arn
        return (self._acm.describe(arn) or CertificateState(arn, "", "")) if arn else None

    def _removable(self, imported: CertificateState | None) -> tuple[CertificateState, ...]:
        """Return the environment's certificates without the imported one."""
        owned = self._acm.owned(self._settings.tags)
        return tuple(state for state in owned if imported is None or state.arn != imported.arn)

    def _has_removable(self) -> bool:
        """Return whether `destroy` would delete anything besides the certificate in use."""
        records = self._record.owned_names
        return bool(self._removable(self._imported()) or records(keep=self._needed_records()))

    def _needed_records(self) -> tuple[str, ...]:
        """Return the names of validation records by which other certificates are renewed.

        All of them where a region does not answer: a failing renewal would be noticed only after months.
        """
        imported = self._imported()
        try:
            others = [state for acm in self._other_acms for state in acm.owned(self._settings.tags)]
        except EpochctlError:
            return tuple(name for _, name in self._record.all_owned())
        return (*((imported.record_name,) if imported else ()), *(state.record_name for state in others))

    def _delete(self, ctx: Context, state: CertificateState) -> str:
        def probe() -> Ready[str] | Pending:
            if self._acm.delete(state.arn):
                return Ready(f"certificate {state.arn} ({state.hostname})")
            current = self._acm.describe(state.arn)
            users = ", ".join(current.in_use_by) if current else ""
            return Pending(f"ACM sees it in use by {users or 'a listener that is going away'}")

        fix = f"remove the listener that uses it, then run `{Command('down')}` again"
        return ctx.wait_for(
            f"certificate {state.hostname} to be free", probe, deadline=DELETE_DEADLINE, fix=fix
        )
