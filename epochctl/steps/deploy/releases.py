"""The revisions of a release as helm recorded them in the cluster: one request for all of them.

Reads; changes nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from epochctl.errors import NotFoundError
from epochctl.kube import Kube
from epochctl.outputs import PushedImage
from epochctl.tools.helm import Difference, ReleaseState, decode_release, differences, previous, rolled_back

AUTHOR = "deployed by "


@dataclass(frozen=True)
class Revision:
    """One line of a history. status: helm's word, or "taken back"; who: "" where nobody said so."""

    revision: int
    when: datetime
    status: str
    chart: str
    digest: str
    who: str
    description: str

    def __str__(self) -> str:
        return f"{self.revision:>3}  {self.when:%Y-%m-%d %H:%M:%S}  {self.status:<10}  {self.digest[:19]}"


@dataclass(frozen=True)
class RollbackPreview:
    """What going back to a revision would change. same: it is the present one."""

    present: ReleaseState
    target: ReleaseState
    changes: tuple[Difference, ...]

    @property
    def same(self) -> bool:
        return self.target.revision == self.present.revision


@dataclass(frozen=True)
class Releases:
    """One release in its namespace."""

    kube: Kube
    namespace: str
    name: str

    def states(self) -> tuple[ReleaseState, ...]:
        """Every revision that helm still keeps, the newest first; () where there is no release."""
        records = self.kube.secrets(self.namespace, f"owner=helm,name={self.name}", "release")
        return tuple(sorted(map(decode_release, records), key=lambda state: state.revision, reverse=True))

    def listed(self) -> tuple[Revision, ...]:
        """The same as lines of a history."""
        states = self.states()
        bad = rolled_back(states)
        return tuple(_line(state, state.revision in bad) for state in states)

    def back(self, revision: int | None) -> RollbackPreview:
        """To that revision, or to the newest before the present one that was healthy. Raises NotFoundError
        with what there is; so where the host name was another then: its record is gone."""
        states = self.states()
        if not states:
            raise NotFoundError(f"there is no release {self.name} to roll back", fix="epochctl deploy")
        found = {state.revision: state for state in states}
        target = previous(states) if revision is None else found.get(revision)
        if target is None:
            what = (
                f"there is no revision {revision} of release {self.name}"
                if revision is not None
                else f"release {self.name} has no other revision that was healthy"
            )
            listing = "\n".join(["there are:", *map(str, self.listed())])
            raise NotFoundError(
                what,
                why=listing,
                fix="epochctl rollback REVISION"
                if len(states) > 1
                else "epochctl deploy, of what should run",
            )
        _refuse_another_name(states[0], target)
        return RollbackPreview(states[0], target, differences(states[0].manifests, target.manifests))


def image_of(state: ReleaseState) -> PushedImage:
    """What a revision runs."""
    image = json.loads(state.values).get("image", {})
    return PushedImage(image.get("repository", ""), image.get("digest", ""), image.get("tag", ""))


def hostname_of(state: ReleaseState) -> str:
    """Where a revision answers."""
    return str(json.loads(state.values).get("hostname", ""))


def health_path_of(state: ReleaseState) -> str:
    """What the load balancer asks the pods of a revision for."""
    return str(json.loads(state.values).get("healthPath", ""))


def _refuse_another_name(present: ReleaseState, target: ReleaseState) -> None:
    now, then, image = hostname_of(present), hostname_of(target), image_of(target)
    if now != then:
        raise NotFoundError(
            f"revision {target.revision} answered for {then}, and the host name is {now} now",
            why=f"after going back nobody would answer for {now}, and no record leads to {then} any more",
            fix=f"for its image under {now}: epochctl deploy --image {image.reference}; for {then} again: "
            f'hostname = "{then}" in epochctl.toml, then epochctl up',
        )


def _line(state: ReleaseState, bad: bool) -> Revision:
    author = state.description.startswith(AUTHOR)
    return Revision(
        revision=state.revision,
        when=state.updated,
        status="taken back" if bad else state.status,
        chart=state.chart,
        digest=image_of(state).digest,
        who=state.description.removeprefix(AUTHOR) if author else "",
        description="" if author else state.description,
    )
