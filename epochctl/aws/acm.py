"""Certificates of AWS Certificate Manager in one region, as frozen facts."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from epochctl.aws.session import Aws
from epochctl.aws.tags import has_tags, tag_dict, tag_list

ABSENT = ("ResourceNotFoundException",)
USABLE = ("ISSUED", "PENDING_VALIDATION")
# Without this filter ACM lists RSA 2048 only: a certificate with another key would be overlooked.
KEY_TYPES = ("RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1")


@dataclass(frozen=True)
class CertificateState:
    """A certificate as ACM describes it. record_*: the DNS record of its validation, "" until ACM has it.

    status: PENDING_VALIDATION, ISSUED, FAILED, VALIDATION_TIMED_OUT, EXPIRED, REVOKED or INACTIVE.
    names: every name that it covers. is_owned: it carries the environment's tags.
    """

    arn: str
    hostname: str
    status: str
    names: tuple[str, ...] = ()
    record_name: str = ""
    record_type: str = ""
    record_value: str = ""
    failure_reason: str = ""
    in_use_by: tuple[str, ...] = ()
    not_after: datetime | None = None
    is_owned: bool = False

    def covers(self, hostname: str) -> bool:
        """Return whether it is valid for `hostname`; a wildcard stands for exactly one label."""
        wildcard = f"*.{hostname.partition('.')[2]}"
        return any(
            name.lower() in (hostname.lower(), wildcard.lower()) for name in (self.hostname, *self.names)
        )


class Acm:
    """The certificates of one region."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._known: dict[str, dict[str, str]] = {}  # tags by ARN: several steps of a run ask for them

    def find(self, hostname: str, tags: Mapping[str, str]) -> CertificateState | None:
        """Return the certificate to use for `hostname`: owned before others, issued before pending; or None.

        One with the tags of another epochctl environment is left out: it would be deleted with that one.
        """
        return max(
            self._usable(hostname, tags),
            key=lambda state: (state.is_owned, state.status == "ISSUED", state.arn),
            default=None,
        )

    def owned(self, tags: Mapping[str, str]) -> tuple[CertificateState, ...]:
        """Return every certificate that carries these tags, whatever its name or status."""
        carrying = (arn for arn in self._arns("", ()) if has_tags(self._tags(arn), tags))
        described = (self.describe(arn) for arn in carrying)
        return tuple(replace(state, is_owned=True) for state in described if state is not None)

    def describe(self, arn: str) -> CertificateState | None:
        """Return the certificate (without `is_owned`), or None where there is none of that ARN."""
        answer = self._aws.find("acm", "describe_certificate", absent=ABSENT, CertificateArn=arn)
        return _state(answer["Certificate"]) if answer else None

    def request(self, hostname: str, tags: Mapping[str, str], instead_of: str = "") -> CertificateState:
        """Request a certificate with DNS validation; asked twice within a minute, it is the same certificate.

        The token guards against a kill (or a second person) between the request and ACM's list showing it.
        For a minute only: ACM remembers a token for an hour, and would then hand out what `down` deleted.
        instead_of: ARNs that must not be handed out again, whenever they were requested.
        """
        token = f"{hostname} {sorted(tags.items())} {int(time.time() // 60)} {instead_of}"
        answer = self._aws.request(
            "acm",
            "request_certificate",
            DomainName=hostname,
            ValidationMethod="DNS",
            IdempotencyToken=hashlib.sha256(token.encode()).hexdigest()[:32],
            Tags=tag_list(tags),
        )
        arn = str(answer["CertificateArn"])
        # ACM may need some moments until it shows what it has just accepted
        state = self.describe(arn) or CertificateState(arn, hostname, "PENDING_VALIDATION")
        return replace(state, is_owned=True)

    def delete(self, arn: str) -> bool:
        """Delete a certificate; return False where something still uses it, if only for moments."""
        try:
            absent = (*ABSENT, "ResourceInUseException", "ConflictException")
            self._aws.request("acm", "delete_certificate", absent=absent, CertificateArn=arn)
        except LookupError as error:
            return str(error) in ABSENT
        return True

    def _usable(self, hostname: str, tags: Mapping[str, str]) -> Iterator[CertificateState]:
        for arn in self._arns(hostname, USABLE):
            present = self._tags(arn)
            is_owned = has_tags(present, tags)
            state = self.describe(arn) if is_owned or "epochctl:name" not in present else None
            if state and state.status in USABLE:  # the list may be older than the certificate's own word
                yield replace(state, is_owned=is_owned)

    def _arns(self, hostname: str, statuses: tuple[str, ...]) -> list[str]:
        """ARNs of certificates whose main name is exactly `hostname` ("" for all)."""
        arguments: dict[str, Any] = {"Includes": {"keyTypes": list(KEY_TYPES)}}
        if statuses:
            arguments["CertificateStatuses"] = list(statuses)
        found = self._aws.items("acm", "list_certificates", "CertificateSummaryList", **arguments)
        return [
            item["CertificateArn"]
            for item in found
            if not hostname or item.get("DomainName", "").lower() == hostname.lower()
        ]

    def _tags(self, arn: str) -> dict[str, str]:
        """None are asked for again: those of a fresh certificate may come a moment later than itself."""
        if not self._known.get(arn):
            answer = self._aws.find("acm", "list_tags_for_certificate", absent=ABSENT, CertificateArn=arn)
            self._known[arn] = tag_dict(answer["Tags"] if answer else ())
        return self._known[arn]


def _state(item: dict[str, Any]) -> CertificateState:
    options = [
        option
        for option in item.get("DomainValidationOptions", ())
        if option["DomainName"] == item["DomainName"]
    ]
    record = (options[0] if options else {}).get("ResourceRecord", {})
    return CertificateState(
        arn=item["CertificateArn"],
        hostname=item.get("DomainName", ""),
        status=item["Status"],
        names=tuple(item.get("SubjectAlternativeNames", ())),
        record_name=record.get("Name", "").rstrip("."),
        record_type=record.get("Type", ""),
        record_value=record.get("Value", "").rstrip("."),
        failure_reason=item.get("FailureReason", ""),
        in_use_by=tuple(item.get("InUseBy", ())),
        not_after=item.get("NotAfter"),
    )
