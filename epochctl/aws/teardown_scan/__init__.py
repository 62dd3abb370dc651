"""An independent look for anything of ours after `down`: by tag, by VPC, by name, by the cluster's own tags.

Shares nothing with what made or removed it, so that a mistake there is seen here. Reads only. A question that
AWS refuses is an error: what could not be looked at is not absent.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from epochctl.aws.session import Aws
from epochctl.aws.teardown_scan import compute, identity, services
from epochctl.aws.teardown_scan.ownership import Remnant
from epochctl.aws.teardown_scan.paging import Reader

__all__ = ["Remnant", "TeardownScan"]


class TeardownScan:
    """What is left of one (name, environment) in one region."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    @staticmethod
    def questions() -> tuple[str, ...]:
        """What is asked for, in a person's words."""
        asked = (*identity.QUESTIONS, *services.QUESTIONS)
        kinds = (*(f"{kind.words}s" for kind in compute.KINDS), "anything inside a VPC of ours")
        return (*kinds, *(question.__name__.replace("_", " ") for question in asked))

    def find(
        self, full_name: str, tags: Mapping[str, str], keep: Collection[str] = (), vpcs: Collection[str] = ()
    ) -> tuple[Remnant, ...]:
        """Each thing of ours that exists, and what has our name but is another's. None of ours is the proof.

        keep: ids of what stays on purpose; it is not told. vpcs: ids of VPCs that were ours.
        """
        reader = Reader(self._aws)
        mine = compute.territory(reader, full_name, tags, vpcs)
        questions: list[Callable[[], Iterable[Remnant]]] = [
            *(partial(compute.objects, reader, mine, kind) for kind in compute.KINDS),
            partial(compute.vpc_contents, reader, mine),
            *(partial(ask, reader, mine) for ask in (*identity.QUESTIONS, *services.QUESTIONS)),
        ]
        with ThreadPoolExecutor(max_workers=12) as pool:
            answers = list(pool.map(lambda question: tuple(question()), questions))
        found = {each.words: each for answer in answers for each in answer}
        return tuple(each for each in found.values() if not set(each.words.split()) & set(keep))
