"""Instances of a node group: launches, terminations, Auto Scaling activities and console output."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult
from moto.core.types import Base64EncodedString
from moto.ec2.responses.general import General

from sandbox.moto_patches.backends import ACCOUNT, backend

IMAGE = "ami-0e5a0000000000000"
_activities: dict[str, list[dict[str, Any]]] = {}


def install(console: Callable[[str], str]) -> None:
    """console(instance id) gives what the machine has printed."""
    get_console = General.get_console_output

    def describe_scaling_activities(self: Any) -> Any:
        found = _activities.get(self._get_param("AutoScalingGroupName"), [])
        return ActionResult({"Activities": list(reversed(found))})

    def get_console_output(self: Any) -> Any:
        instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
        printed = console(instance.id)
        if not printed:
            return get_console(self)
        output = Base64EncodedString.from_raw_string(printed)
        return ActionResult({"InstanceId": instance.id, "Timestamp": _now(), "Output": output})

    AutoScalingResponse.describe_scaling_activities = describe_scaling_activities
    General.get_console_output = get_console_output


def launch(region: str, subnet_id: str, cluster: Any, group: Any) -> Any:
    """One more instance; what EC2 refuses is remembered, too."""
    try:
        instance = _run(region, subnet_id, cluster, group)
    except Exception as error:
        words = f"{getattr(error, 'code', type(error).__name__)} - {getattr(error, 'message', error)}"
        _record_activity(
            group, "Launching a new EC2 instance", "Failed", f"{words} Launching EC2 instance failed."
        )
        raise
    _record_activity(group, f"Launching a new EC2 instance: {instance.id}", "Successful")
    return instance


def terminate(region: str, instance_id: str) -> None:
    """The instance and its interface go; moto alone would leave the interface."""
    ec2 = backend("ec2", region)
    ec2.terminate_instances([instance_id])
    for interface in list(ec2.enis.values()):
        if interface.instance is not None and interface.instance.id == instance_id:
            ec2.enis.pop(interface.id, None)


def node_group_issue(error: Exception) -> dict[str, Any]:
    """Return why a node group failed, as EKS reports it: EC2 refused a launch, or nodes did not join."""
    code = getattr(error, "code", None)
    if isinstance(code, str):
        message = f"Could not launch On-Demand Instances. {code} - {getattr(error, 'message', error)}"
        return {"code": "AsgInstanceLaunchFailures", "message": message[:600], "resourceIds": []}
    return {"code": "NodeCreationFailure", "message": str(error)[:300], "resourceIds": []}


def _run(region: str, subnet_id: str, cluster: Any, group: Any) -> Any:
    tags = {
        "eks:cluster-name": cluster.name,
        "eks:nodegroup-name": group.nodegroup_name,
        f"kubernetes.io/cluster/{cluster.name}": "owned",
        "Name": f"{cluster.name}-{group.nodegroup_name}",
    }
    reservation = backend("ec2", region).run_instances(
        IMAGE,
        1,
        None,
        [],
        region_name=region,
        instance_type=(group.instance_types or ["t3.medium"])[0],
        is_instance_type_default=False,
        subnet_id=subnet_id,
        security_group_ids=[cluster.resources_vpc_config["clusterSecurityGroupId"]],
        tags={"instance": tags},
        owner_id=ACCOUNT,
        key_name=None,
        placement=None,
    )
    return reservation.instances[0]


def _record_activity(group: Any, what: str, code: str, message: str = "") -> None:
    name = group.resources["autoScalingGroups"][0]["name"]
    activity = {
        "ActivityId": str(uuid.uuid4()),
        "AutoScalingGroupName": name,
        "Description": what,
        "Cause": "At the request of EKS the desired capacity was raised.",
        "StartTime": _now(),
        "EndTime": _now(),
        "StatusCode": code,
        "StatusMessage": message or None,
        "Progress": 100,
    }
    _activities.setdefault(name, []).append(activity)


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
