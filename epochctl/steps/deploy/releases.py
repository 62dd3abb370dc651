"""The revisions of a release as helm recorded them in the cluster, read by one request. Changes nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from epochctl.command import Command
from epochctl.errors import NotFoundError
from epochctl.kube import Kube
from epochctl.outputs import PushedImage
from epochctl.tools.helm import Difference, ReleaseState, decode_release, differences, previous, rolled_back

AUTHOR = "deployed by "


@dataclass(frozen=True)
class Revision:
    """One revision. status: helm's, or "taken back"; who: the user who deployed it, "" if not recorded."""

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
    """What a rollback from the current revision to `target` would change."""

    current: ReleaseState
    target: ReleaseState
    changes: tuple[Difference, ...]

    @property
    def is_current(self) -> bool:
        return self.target.revision == self.current.revision


@dataclass(frozen=True)
class Releases:
    """One release in its namespace."""

    kube: Kube
    namespace: str
    name: str

    def states(self) -> tuple[ReleaseState, ...]:
        """Return every revision that helm still keeps, the newest first; () where there is no release."""
        records = self.kube.secrets(self.namespace, f"owner=helm,name={self.name}", "release")
        return tuple(sorted(map(decode_release, records), key=lambda state: state.revision, reverse=True))

    def revisions(self) -> tuple[Revision, ...]:
        """Return the same revisions, with who deployed them and whether they were rolled back."""
        states = self.states()
        failed = rolled_back(states)
        return tuple(_revision(state, state.revision in failed) for state in states)

    def preview_rollback(self, revision: int | None) -> RollbackPreview:
        """Return the rollback to a revision, None for the newest before the current one that was healthy.

        Raises NotFoundError with a list of the revisions, also for a revision with another host name: the
        record of that name is gone.
        """
        states = self.states()
        if not states:
            raise NotFoundError(f"there is no release {self.name} to roll back", fix=Command("deploy"))
        by_revision = {state.revision: state for state in states}
        target = previous(states) if revision is None else by_revision.get(revision)
        if target is None:
            what = (
                f"there is no revision {revision} of release {self.name}"
                if revision is not None
                else f"release {self.name} has no other revision that was healthy"
            )
            listing = "\n".join(["there are:", *map(str, self.revisions())])
            raise NotFoundError(
                what,
                why=listing,
                fix=Command("rollback", "REVISION")
                if len(states) > 1
                else f"{Command('deploy')}, of what should run",
            )
        _refuse_other_hostname(states[0], target)
        return RollbackPreview(states[0], target, differences(states[0].manifests, target.manifests))


def image_of(state: ReleaseState) -> PushedImage:
    """Return the image that a revision runs."""
    image = json.loads(state.values).get("image", {})
    return PushedImage(image.get("repository", ""), image.get("digest", ""), image.get("tag", ""))


def hostname_of(state: ReleaseState) -> str:
    """Return the host name that a revision answers for."""
    return str(json.loads(state.values).get("hostname", ""))


def health_path_of(state: ReleaseState) -> str:
    """Return the path by which the load balancer checks the pods of a revision."""
    return str(json.loads(state.values).get("healthPath", ""))


def _refuse_other_hostname(current: ReleaseState, target: ReleaseState) -> None:
    now, then, image = hostname_of(current), hostname_of(target), image_of(target)
    if now != then:
        raise NotFoundError(
            f"revision {target.revision} answered for {then}, and the host name is {now} now",
            why=f"after going back nobody would answer for {now}, and no record leads to {then} any more",
            fix=f"for its image under {now}: {Command('deploy', '--image', image.reference)}; "
            f'for {then} again: hostname = "{then}" in epochctl.toml, then {Command("up")}',
        )


def _revision(state: ReleaseState, was_rolled_back: bool) -> Revision:
    has_author = state.description.startswith(AUTHOR)
    return Revision(
        revision=state.revision,
        when=state.updated,
        status="taken back" if was_rolled_back else state.status,
        chart=state.chart,
        digest=image_of(state).digest,
        who=state.description.removeprefix(AUTHOR) if has_author else "",
        description="" if has_author else state.description,
    )
