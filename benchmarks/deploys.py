"""`epochctl deploy` beside a bare `helm upgrade --wait` of the same change to the same release, in turns."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.table import Row, median
from benchmarks.world import ROOT, World

ROUNDS = 3
RELEASE = ("epoch", "--namespace", "epoch-production")


def rows(world: World) -> Iterator[Row]:
    kubeconfig = next(world.directory.glob(".epochctl/*/*/*/kubeconfig"))
    values = world.directory / "values.yaml"
    values.write_text(
        world.execute("helm", "get", "values", *RELEASE, "-o", "yaml", KUBECONFIG=str(kubeconfig))
    )
    bare, ours = [], []
    for turn in range(ROUNDS):
        upgrade = ["helm", "upgrade", *RELEASE[:1], str(ROOT / "charts" / "epoch"), *RELEASE[1:]]
        change = ["--values", str(values), "--set", f"env.MARK=bare-{turn}", "--wait", "--timeout", "10m"]
        bare.append(world.seconds(*upgrade, *change, KUBECONFIG=str(kubeconfig)))
        (world.directory / "epochctl.toml").write_text(f'[service.env]\nMARK = "ours-{turn}"\n')
        ours.append(world.epochctl("deploy"))
    ratio = median([mine / other for mine, other in zip(ours, bare, strict=True)])
    yield Row("sandbox", "helm upgrade --wait", f"{median(bare):.1f} s")
    yield Row(
        "sandbox", "deploy, to helm upgrade --wait", f"{median(ours):.1f} s", f"{ratio:.2f}", "at most 1.10"
    )
