"""The commands that apply one or two steps: `infra up`, `lb-controller install`, `build` and `deploy`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from epochctl.command import Command
from epochctl.image.layout import read_file, read_layout
from epochctl.image.sbom import PATH
from epochctl.operations.credential_check import step_gate
from epochctl.operations.regions import RegionRunner
from epochctl.operations.run import Run
from epochctl.operations.verify import layers_of
from epochctl.outputs import Release


@dataclass(frozen=True)
class StepCommand:
    """A command that applies `steps`; what they need is observed and must exist already.

    done: the result's text, in which {url} is the service's; again: the command as `resume` must type it;
    sequentially: whether a region starts when the one before it has succeeded; proof: with several regions,
    what must succeed before the next region starts.
    """

    command: str
    steps: tuple[str, ...]
    done: str
    again: str = ""
    sequentially: bool = False
    proof: Callable[[Run], object] | None = None


def infra_up(regions: RegionRunner, reviewed: Path | None, wait: str | None) -> None:
    """Apply Terraform's plan in every region. reviewed: where the only plans are that may be applied."""
    done = f"The infrastructure is up. Next: {Command('lb-controller', 'install')}"
    again = f"infra up --reviewed={reviewed}" if reviewed else ""
    _run(regions, StepCommand("infra up", ("infra-up",), done, again), wait)


def install_lb_controller(regions: RegionRunner, wait: str | None) -> None:
    """Install the load balancer controller in every region."""
    done = f"The load balancer controller admits Ingresses. Next: {Command('build')}"
    _run(regions, StepCommand("lb-controller install", ("lb-controller",), done), wait)


def build(regions: RegionRunner, sbom: Path | None, wait: str | None) -> None:
    """Build the image and push it, in the home region first: the others receive a copy.

    sbom: also write the image's SPDX document to this file.
    """
    done = f"The image is in the registry. Next: {Command('deploy')}"
    _run(regions, StepCommand("build", ("build", "push"), done, sequentially=True), wait)
    if sbom is not None:
        layout = read_layout(regions.settings.state_directory(regions.settings.region) / "image")
        sbom.write_bytes(read_file(layout, PATH))


def deploy(regions: RegionRunner, image: str, wait: str | None) -> None:
    """Deploy the release and its DNS record region by region; verify each before the next one starts.

    image: an image reference instead of the settings' one; "" for none.
    """
    done = f"{{url}} is deployed. Next: {Command('verify')}"
    if image:
        done += "\n[service] image stays as it is: without --image the next deploy goes by it"
    again = f"deploy --image={image}" if image else "deploy"
    steps = ("deploy", "dns")
    _run(regions, StepCommand("deploy", steps, done, again, sequentially=True, proof=layers_of), wait)


def _run(regions: RegionRunner, what: StepCommand, wait: str | None) -> None:
    work = partial(_apply, what, prove=not regions.is_single)
    with regions.locked(what.again or what.command, wait):
        (regions.run_sequentially if what.sequentially else regions.run_parallel)(work)


def _apply(what: StepCommand, run: Run, *, prove: bool) -> None:
    runner = run.runner(step_gate(run, "up"))
    outputs = runner.up(only=what.steps, command=what.command).check().outputs
    release = outputs.find(Release)
    url = release.url if release else f"https://{run.settings.hostname}/"
    fields: dict[str, object] = {name: outputs.find(run.graph[name].produces) for name in what.steps}
    run.presenter.result(fields, (what.done.format(url=url),))
    if prove and what.proof is not None:
        what.proof(run)
