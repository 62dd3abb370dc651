"""An independent look for anything of ours after `down`: by tag, by name, by the cluster's own tags.

Shares nothing with what made or removed it, so that a mistake there is seen here. Reads only. A question that
AWS refuses is an error: what could not be looked at is not absent.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from epochctl.clients.aws import Aws
from epochctl.clients.leftovers import compute, identity, services
from epochctl.clients.leftovers.belonging import Belonging
from epochctl.clients.leftovers.reading import Reader

__all__ = ["Leftovers"]


class Leftovers:
    """What is left of one (name, environment) in one region."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def find(self, full_name: str, tags: Mapping[str, str], keep: Collection[str] = ()) -> tuple[str, ...]:
        """A line for each thing of ours that exists, with its kind and exact id. () is the proof.

        keep: ids of what stays on purpose; no line is given for them.
        """
        reader, mine = Reader(self._aws), Belonging(full_name, tags)
        questions: list[Callable[[], Iterable[str]]] = [
            *(partial(compute.objects, reader, mine, kind) for kind in compute.KINDS),
            partial(compute.vpc_contents, reader, mine),
            *(partial(ask, reader, mine) for ask in (*identity.QUESTIONS, *services.QUESTIONS)),
        ]
        with ThreadPoolExecutor(max_workers=12) as pool:
            answers = list(pool.map(lambda question: tuple(question()), questions))
        lines = dict.fromkeys(line for answer in answers for line in answer)
        return tuple(line for line in lines if not set(line.split()) & set(keep))
