"""Certificates of AWS Certificate Manager in one region, as frozen facts.

Knows nothing of DNS: which record proves the name is a fact here, who adds it is decided elsewhere.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from epochctl.clients.aws import Aws
from epochctl.errors import CertificateError

ABSENT = ("ResourceNotFoundException",)
USABLE = ("ISSUED", "PENDING_VALIDATION")
# Without this filter ACM lists RSA 2048 only, and a second certificate would be requested beside an
# existing one.
KEY_TYPES = ("RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1")


@dataclass(frozen=True)
class CertificateState:
    """What ACM says about a certificate. record_*: the DNS record that proves the name, "" while ACM has
    not made it yet.

    status: PENDING_VALIDATION, ISSUED, FAILED, VALIDATION_TIMED_OUT, EXPIRED, REVOKED or INACTIVE.
    names: every name it covers. ours: it carries the tags that were asked for.
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
    ours: bool = False

    def covers(self, hostname: str) -> bool:
        """Whether a browser would accept it for `hostname`; a wildcard stands for exactly one label."""
        wildcard = f"*.{hostname.partition('.')[2]}"
        return any(
            name.lower() in (hostname.lower(), wildcard.lower()) for name in (self.hostname, *self.names)
        )


class Acm:
    """The certificates of one region."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def find(self, hostname: str, tags: Mapping[str, str]) -> CertificateState | None:
        """The certificate to use for `hostname`: ours before others, issued before pending. None: request
        one.

        One that carries another epochctl environment's tags is not seen: it would vanish with that
        environment.
        """
        return max(
            self._of(hostname, tags, USABLE),
            key=lambda state: (state.ours, state.status == "ISSUED", state.arn),
            default=None,
        )

    def ours(self, tags: Mapping[str, str]) -> tuple[CertificateState, ...]:
        """Every certificate that carries our tags, whatever its name or status."""
        return tuple(state for state in self._of("", tags, ()) if state.ours)

    def describe(self, arn: str) -> CertificateState | None:
        """What ACM says now (`ours` is not asked), or None when there is no such certificate."""
        try:
            answer = self._aws.call(
                lambda: self._client.describe_certificate(CertificateArn=arn), absent=ABSENT
            )
        except LookupError:
            return None
        return _state(answer["Certificate"])

    def request(self, hostname: str, tags: Mapping[str, str]) -> CertificateState:
        """Request a certificate with DNS validation; the same request again within the minute is the same
        certificate.

        The token guards against a kill (or a second person) between the request and ACM's list showing it.
        It holds for a minute
        only: ACM remembers a token for an hour, and would hand out a certificate that `down` has deleted
        meanwhile.
        """
        for attempt in range(3):
            state = self.describe(self._requested(hostname, tags, attempt))
            if state is not None:
                return replace(state, ours=True)
        raise CertificateError(
            f"ACM accepted the request for {hostname} and shows no certificate",
            why="a certificate that was just deleted is still remembered",
            fix="run the same command again in a minute",
        )

    def delete(self, arn: str) -> bool:
        """Delete a certificate. True: it is gone. False: something still uses it, or will for some moments
        more.
        """
        try:
            self._aws.call(
                lambda: self._client.delete_certificate(CertificateArn=arn),
                absent=(*ABSENT, "ResourceInUseException", "ConflictException"),
            )
        except LookupError as error:
            return str(error) in ABSENT
        return True

    @property
    def _client(self) -> Any:
        return self._aws.client("acm")

    def _requested(self, hostname: str, tags: Mapping[str, str], attempt: int) -> str:
        minute = int(time.time() // 60)
        words = f"{hostname} {sorted(tags.items())} {minute} {attempt}"
        answer = self._aws.call(
            lambda: self._client.request_certificate(
                DomainName=hostname,
                ValidationMethod="DNS",
                IdempotencyToken=hashlib.sha256(words.encode()).hexdigest()[:32],
                Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
            )
        )
        return str(answer["CertificateArn"])

    def _of(
        self, hostname: str, tags: Mapping[str, str], statuses: tuple[str, ...]
    ) -> Iterator[CertificateState]:
        for arn in self._arns(hostname, statuses):
            present = self._tags(arn)
            ours = _carries(present, tags)
            if (ours or "epochctl:name" not in present) and (state := self.describe(arn)) is not None:
                yield replace(state, ours=ours)

    def _arns(self, hostname: str, statuses: tuple[str, ...]) -> list[str]:
        """ARNs of certificates whose main name is exactly `hostname` ("" for all)."""
        arguments: dict[str, Any] = {"Includes": {"keyTypes": list(KEY_TYPES)}}
        if statuses:
            arguments["CertificateStatuses"] = list(statuses)
        pages = self._client.get_paginator("list_certificates").paginate(**arguments)
        found = self._aws.call(lambda: [item for page in pages for item in page["CertificateSummaryList"]])
        return [
            item["CertificateArn"]
            for item in found
            if not hostname or item.get("DomainName", "").lower() == hostname
        ]

    def _tags(self, arn: str) -> dict[str, str]:
        try:
            answer = self._aws.call(
                lambda: self._client.list_tags_for_certificate(CertificateArn=arn), absent=ABSENT
            )
        except LookupError:
            return {}
        return {tag["Key"]: tag.get("Value", "") for tag in answer["Tags"]}


def _carries(present: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    return all(present.get(key) == value for key, value in wanted.items())


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
