"""An independent look for anything of ours after `down`: by tag, by VPC, by name, by the cluster's own tags.

Shares only the session with what created or removed it, so that a mistake there is seen here. Reads only. A
request that AWS refuses is an error: what could not be looked at is not absent.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from epochctl.aws.session import Aws
from epochctl.aws.teardown_scan import compute, identity, services
from epochctl.aws.teardown_scan.ownership import Remnant

__all__ = ["Remnant", "TeardownScan"]


class TeardownScan:
    """What is left of one (name, environment) in one region."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    @staticmethod
    def kinds() -> tuple[str, ...]:
        """Return the kinds of objects that are looked for, in the words of the report."""
        scans = (*identity.SCANS, *services.SCANS)
        ec2 = (*(f"{kind.words}s" for kind in compute.KINDS), "anything inside a VPC of ours")
        return (*ec2, *(scan.__name__.replace("_", " ") for scan in scans))

    def find(
        self, full_name: str, tags: Mapping[str, str], keep: Collection[str] = (), vpcs: Collection[str] = ()
    ) -> tuple[Remnant, ...]:
        """Return each object of the environment that still exists, and foreign ones that have its name.

        keep: ids of objects to leave out; vpcs: ids of VPCs that belonged to it. Raises EpochctlError.
        """
        aws = self._aws
        ownership = compute.find_ownership(aws, full_name, tags, vpcs)
        scans: list[Callable[[], Iterable[Remnant]]] = [
            *(partial(compute.objects, aws, ownership, kind) for kind in compute.KINDS),
            partial(compute.vpc_contents, aws, ownership),
            *(partial(scan, aws, ownership) for scan in (*identity.SCANS, *services.SCANS)),
        ]
        with ThreadPoolExecutor(max_workers=12) as pool:
            answers = list(pool.map(lambda scan: tuple(scan()), scans))
        found = {each.words: each for answer in answers for each in answer}
        return tuple(each for each in found.values() if not set(each.words.split()) & set(keep))
