"""An instance in the VPC that epochctl does not manage, with its interface and its security group."""

from __future__ import annotations

from sandbox.faults.fault import Fault, FaultContext, Options, Stop
from sandbox.moto_patches.backends import ACCOUNT, MOTO_LOCK, backend
from sandbox.moto_patches.vpc_lookup import find_vpc, one_subnet_per_zone

NAME = "legacy-database"


def start(context: FaultContext, options: Options) -> Stop:
    region, vpc = find_vpc(str(options["vpc"]), str(options["region"]))
    with MOTO_LOCK:
        ec2 = backend("ec2", region)
        tags = {"Name": NAME, "owner": str(options["owner"])}
        group = ec2.create_security_group(f"{NAME}-{vpc.id}", "theirs", vpc_id=vpc.id, tags=tags)
        made = ec2.run_instances(
            "ami-0e5a0000000000000",
            1,
            None,
            [],
            region_name=region,
            instance_type="t3.medium",
            is_instance_type_default=False,
            subnet_id=one_subnet_per_zone(ec2, vpc.id)[-1].id,
            security_group_ids=[group.id],
            tags={"instance": tags},
            owner_id=ACCOUNT,
            key_name=None,
            placement=None,
        ).instances[0]
        for interface in made.nics.values():
            interface.add_tags(tags)

    def stop() -> None:
        with MOTO_LOCK:
            ec2.terminate_instances([made.id])
            for interface in list(made.nics.values()):
                ec2.enis.pop(interface.id, None)
            ec2.groups[vpc.id].pop(group.id, None)

    return stop


FAULT = Fault(
    "foreign-interface",
    "somebody else's instance runs in the VPC, with an interface and a security group that have not our tags",
    start,
    {"vpc": "epoch-production", "owner": "team-x", "region": ""},
)
