"""An image that is pushed once, at home, and copied by ECR to the other regions under the same digest.

A convenience that nothing hangs on: where home does not answer, or nothing is on its way, a region pushes by
itself. Knows nothing of how an image is pushed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from epochctl.aws.ecr import Ecr
from epochctl.aws.replication import Replication
from epochctl.errors import DeadlineError, EpochctlError
from epochctl.workflow.step import Context
from epochctl.workflow.waiting import Pending, Ready

PATIENCE = 300.0  # seconds until a region pushes by itself


@dataclass(frozen=True)
class EcrReplication:
    """One repository. home: "" for the region that is home itself, else its name; others: ECR elsewhere."""

    region: str
    name: str
    home: str
    replication: Replication
    others: Mapping[str, Ecr]

    def prepare(self, ctx: Context) -> None:
        """Before home pushes: whoever has its repository gets what comes. The rest push by themselves."""
        wanted = [self.region] if self.home else list(self.others)
        for region in wanted:
            try:
                if (self.home or self.others[region].repository(self.name)) and self.replication.add(region):
                    ctx.say(f"images are copied to {region} from now on")
            except EpochctlError as error:
                ctx.say(f"images are not copied to {region}: {error.what}: {error.why}")

    def arrived(self, ctx: Context, digest: str, here: Ecr) -> bool:
        """Wait for the copy. False: none will come, or not soon."""
        if not self.home:
            return False
        source = self.others[self.home]

        def probe() -> Ready[bool] | Pending:
            if here.has_image(self.name, digest):
                return Ready(True)
            if not source.has_image(self.name, digest):
                return Pending(f"{self.home} does not have it yet")
            status = self.replication.status(digest, self.region)
            if not status or status.startswith("FAILED"):
                return Ready(False)  # it was pushed before anybody wanted copies, or the copy failed
            return Pending(f"the copy from {self.home} is {status}")

        try:
            return ctx.wait_for("the image from home", probe, deadline=PATIENCE, longest=5.0)
        except (DeadlineError, EpochctlError) as error:
            ctx.say(f"no image comes from {self.home}: {error.why or error.what}")
            return False

    def forget(self, ctx: Context) -> tuple[str, ...]:
        """This region's part of the rule goes; at home, the whole of it."""
        try:
            gone = self.replication.remove(self.region) if self.home else self.replication.clear()
        except EpochctlError as error:
            if not self.home:
                raise
            ctx.say(f"{self.home} goes on copying images to {self.region}: {error.what}")
            return ()
        return (f"ECR replication of {self.name} to {self.region if self.home else 'other regions'}",) * gone
