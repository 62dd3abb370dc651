"""`epochctl deploy` beside a bare `helm upgrade --wait` of the same change to the same release, in turns."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.table import Row, median
from benchmarks.world import ROOT, World

ROUNDS = 3
NAMESPACE = "epoch-production"


def rows(world: World) -> Iterator[Row]:
    kubeconfig = next(world.directory.glob(".epochctl/*/*/*/kubeconfig"))
    place = ["--namespace", NAMESPACE, "--kubeconfig", str(kubeconfig)]
    values = world.directory / "values.yaml"
    values.write_text(world.execute("helm", "get", "values", "epoch", *place, "-o", "yaml"))
    bare, ours = [], []
    for turn in range(ROUNDS):
        upgrade = ["helm", "upgrade", "epoch", str(ROOT / "charts" / "epoch"), *place]
        change = ["--values", str(values), "--set", f"env.MARK=bare-{turn}", "--wait", "--timeout", "10m"]
        bare.append(world.seconds(*upgrade, *change))
        (world.directory / "epochctl.toml").write_text(f'[service.env]\nMARK = "ours-{turn}"\n')
        ours.append(world.epochctl("deploy"))
    ratio = median([mine / other for mine, other in zip(ours, bare, strict=True)])
    yield Row("sandbox", "helm upgrade --wait", f"{median(bare):.1f} s")
    yield Row(
        "sandbox", "deploy, to helm upgrade --wait", f"{median(ours):.1f} s", f"{ratio:.2f}", "at most 1.10"
    )
