"""A run that is killed half way, at several places: the next `up` finishes the job, the next `down` leaves
nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from epochctl.config.settings import Settings
from epochctl.outputs import Infrastructure

from .conftest import REGION, World

_RUN = """
import signal
import sys
from pathlib import Path
sys.path.insert(0, {here!r})
from conftest import World
from epochctl.config.settings import Settings
from epochctl.tools.process import STOP_REQUESTED
signal.signal(signal.SIGINT, lambda *_: STOP_REQUESTED.set())
world = World(Path({root!r}), Settings(hostname="api.example.com", directory=Path({directory!r})))
world.step.apply(world.ctx)
"""


def run_until(line: str, root: Path, settings: Settings) -> tuple[subprocess.Popen[bytes], int]:
    """Another epochctl, and its terraform's process id, at the moment when its output tells `line`."""
    script = _RUN.format(here=str(Path(__file__).parent), root=str(root), directory=str(settings.directory))
    child = subprocess.Popen([sys.executable, "-c", script])
    data = settings.state_directory(REGION) / "terraform"
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and child.poll() is None:
        log, run = data / "output.jsonl", data / "run.json"
        if run.exists() and log.exists() and line in log.read_text():
            return child, int(json.loads(run.read_text())["pid"])
        time.sleep(0.05)
    raise AssertionError(f"never came to {line}")


def kill(child: subprocess.Popen[bytes], *pids: int) -> None:
    for pid in (child.pid, *pids):
        os.kill(pid, signal.SIGKILL)
    child.wait()


def test_up_after_everything_was_killed(world: World, root: Path, settings: Settings) -> None:
    kill(*run_until("aws_eks_cluster.this: Creation complete", root, settings))
    made = world.step.apply(world.ctx)
    assert isinstance(made, Infrastructure)
    assert "which was killed: unlocking it" in world.said
    assert "adopting them" in world.said
    assert world.step.observe(world.ctx).changes == ()
    assert world.network.find(settings.tags) == (made.vpc_id,)  # no second one


def test_down_after_everything_was_killed(world: World, root: Path, settings: Settings) -> None:
    kill(*run_until("aws_internet_gateway.this: Creation complete", root, settings))
    removed = world.step.destroy(world.ctx)
    assert "aws_vpc.this" in removed
    assert world.import_ids.find() == {}


def test_up_after_only_epochctl_was_killed(world: World, root: Path, settings: Settings) -> None:
    """terraform works on to its end, and the next run waits for it instead of fighting over the lock."""
    child, _ = run_until("aws_vpc.this: Creating...", root, settings)
    kill(child)
    assert isinstance(world.step.apply(world.ctx), Infrastructure)
    assert "unlocking" not in world.said
    assert any("of an earlier run" in str(getattr(event, "cause", "")) for event in world.events)
    assert "aws_vpc.this: creating" not in world.said


def test_up_after_only_terraform_was_killed(world: World, root: Path, settings: Settings) -> None:
    """As the kernel does where memory runs out: our own lock is in the way, and we know whose it is."""
    child, terraform = run_until("aws_vpc.this: Creation complete", root, settings)
    os.kill(terraform, signal.SIGKILL)
    assert child.wait(60) != 0
    assert isinstance(world.step.apply(world.ctx), Infrastructure)
    assert "which was killed: unlocking it" in world.said


def test_interrupt_releases_the_lock(world: World, root: Path, settings: Settings) -> None:
    """Ctrl-C: terraform ends in order, and the next run has nothing to unlock or adopt."""
    child, _ = run_until("aws_vpc.this: Creation complete", root, settings)
    child.send_signal(signal.SIGINT)
    child.wait(60)
    key = "epoch/production/us-west-2/terraform.tfstate.tflock"
    objects = world.aws.client("s3").list_objects_v2(Bucket=world.bucket.name("123456789012"))["Contents"]
    assert key not in [item["Key"] for item in objects]
    assert isinstance(world.step.apply(world.ctx), Infrastructure)
    assert "adopting" not in world.said
    assert "unlocking" not in world.said


def make_only(world: World, address: str) -> None:
    """One resource and what it stands on, written into the state like any other."""
    account, backend = world.step._backend()
    world.bucket.ensure(account)
    world.terraform.init(backend, world.ctx.report)
    plan = world.terraform.plan(world.step._variables(), world.ctx.report, targets=[address])
    world.terraform.apply(plan, world.ctx.report)


def test_what_a_killed_run_replaced_is_adopted(world: World, settings: Settings) -> None:
    """It was deleted and made again, and neither is in the state yet, which still holds the old id."""
    gateway = "module.network.aws_internet_gateway.this"
    make_only(world, gateway)
    ec2 = world.aws.client("ec2")
    old = ec2.describe_internet_gateways(Filters=[{"Name": "tag:Name", "Values": ["epoch-production"]}])
    gone = old["InternetGateways"][0]
    vpc = gone["Attachments"][0]["VpcId"]
    ec2.detach_internet_gateway(InternetGatewayId=gone["InternetGatewayId"], VpcId=vpc)
    ec2.delete_internet_gateway(InternetGatewayId=gone["InternetGatewayId"])
    new = ec2.create_internet_gateway(
        TagSpecifications=[{"ResourceType": "internet-gateway", "Tags": gone["Tags"]}]
    )
    ec2.attach_internet_gateway(InternetGatewayId=new["InternetGateway"]["InternetGatewayId"], VpcId=vpc)
    plan = world.step._reconciliation.plan(world.ctx, world.step._backend()[1])
    assert gateway in plan.addresses("adopt")
    assert gateway not in plan.addresses("create")


def test_what_a_killed_run_had_removed_is_forgotten(world: World, settings: Settings) -> None:
    """down was killed behind its last deletion: the next one leaves no record that keeps the state alive."""
    vpc = "module.network.aws_vpc.this"
    make_only(world, vpc)
    for found in world.network.find(settings.tags):
        world.aws.client("ec2").delete_vpc(VpcId=found)
    assert world.terraform.state_list() == (vpc,)
    assert world.step.destroy(world.ctx) == ()
    assert world.terraform.state_list() == ()
