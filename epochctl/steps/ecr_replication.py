"""ECR's replication of an image from the home region to the others, under the same digest.

Optional: where the home region does not answer, or no copy is on its way, a region pushes by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from epochctl.aws.ecr import Ecr
from epochctl.aws.replication import Replication
from epochctl.errors import DeadlineError, EpochctlError
from epochctl.workflow.step import Context
from epochctl.workflow.waiting import Pending, Ready

COPY_DEADLINE = 300.0  # seconds until a region pushes by itself


@dataclass(frozen=True)
class EcrReplication:
    """The replication of one repository.

    home: the home region, "" in the home region itself; ecr_by_region: of the other regions.
    """

    region: str
    name: str
    home: str
    replication: Replication
    ecr_by_region: Mapping[str, Ecr]

    def start(self, ctx: Context) -> None:
        """Replicate to this region, or from home to each region that has its repository.

        Before home pushes: a region without repository pushes by itself. Errors are only reported.
        """
        regions = [self.region] if self.home else list(self.ecr_by_region)
        for region in regions:
            try:
                if (self.home or self.ecr_by_region[region].repository(self.name)) and self.replication.add(
                    region
                ):
                    ctx.report(f"images are copied to {region} from now on")
            except EpochctlError as error:
                ctx.report(f"images are not copied to {region}: {error.what}: {error.why}")

    def wait_for_copy(self, ctx: Context, digest: str, ecr: Ecr) -> bool:
        """Wait for the copy in this region's `ecr`; return False if none comes, or not soon."""
        if not self.home:
            return False
        source = self.ecr_by_region[self.home]

        def probe() -> Ready[bool] | Pending:
            if ecr.has_image(self.name, digest):
                return Ready(True)
            if not source.has_image(self.name, digest):
                return Pending(f"{self.home} does not have it yet")
            status = self.replication.status(digest, self.region)
            if not status or status.startswith("FAILED"):
                return Ready(False)  # it was pushed before replication was on, or the copy failed
            return Pending(f"the copy from {self.home} is {status}")

        try:
            return ctx.wait_for("the image from home", probe, deadline=COPY_DEADLINE, longest=5.0)
        except (DeadlineError, EpochctlError) as error:
            ctx.report(f"no image comes from {self.home}: {error.why or error.what}")
            return False

    def stop(self, ctx: Context) -> tuple[str, ...]:
        """Remove this region's part of the replication rule, at home the whole rule; return a line for it."""
        try:
            removed = self.replication.remove(self.region) if self.home else self.replication.clear()
        except EpochctlError as error:
            if not self.home:
                raise
            ctx.report(f"{self.home} goes on copying images to {self.region}: {error.what}")
            return ()
        return (
            f"ECR replication of {self.name} to {self.region if self.home else 'other regions'}",
        ) * removed
