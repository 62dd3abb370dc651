"""CloudFormation, as far as eksctl's stacks need it: rollback, managed policies, tags, protection."""

from __future__ import annotations

from typing import Any

from moto.cloudformation import models, responses
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import Stack
from moto.core.responses import ActionResult
from moto.iam.models import Role, iam_backends

from sandbox.moto_patches.backends import ACCOUNT


def install() -> None:
    """Patch moto's CloudFormation and the role that it makes."""
    _accept_short_attributes()
    _attach_managed_policies()
    _roll_back()
    _protect()


def _accept_short_attributes() -> None:
    """`{"Fn::GetAtt": "Role1.Arn"}` is as good as a list. moto takes the string for a list of letters."""
    parse = Stack.parse_template

    def parse_template(template: str) -> Any:
        return _lengthened(parse(template))

    Stack.parse_template = staticmethod(parse_template)


def _lengthened(part: Any) -> Any:
    if isinstance(part, list):
        return [_lengthened(each) for each in part]
    if not isinstance(part, dict):
        return part
    return {
        key: value.split(".", 1) if key == "Fn::GetAtt" and isinstance(value, str) else _lengthened(value)
        for key, value in part.items()
    }


def _attach_managed_policies() -> None:
    """A role's ManagedPolicyArns are attached with it and detached before it. moto ignores them."""
    create, delete = Role.create_from_cloudformation_json, Role.delete_from_cloudformation_json

    def created(cls: Any, resource_name: str, cloudformation_json: Any, *rest: Any, **named: Any) -> Any:
        wanted = cloudformation_json["Properties"].get("ManagedPolicyArns", [])
        backend = iam_backends[ACCOUNT]["aws"]
        for arn in wanted:
            backend.get_policy(arn)  # one that is not there must not leave half a role
        role = create(resource_name, cloudformation_json, *rest, **named)
        for arn in wanted:
            backend.attach_role_policy(arn, role.name)
        return role

    def deleted(cls: Any, resource_name: str, *rest: Any, **named: Any) -> None:
        backend = iam_backends[ACCOUNT]["aws"]
        for arn in list(backend.get_role(resource_name).managed_policies):
            backend.detach_role_policy(arn, resource_name)
        delete(resource_name, *rest, **named)

    Role.create_from_cloudformation_json = classmethod(created)
    Role.delete_from_cloudformation_json = classmethod(deleted)


def _roll_back() -> None:
    """A resource that cannot be made rolls the stack back, later. moto refuses the request itself.

    What is wrong with the template itself (no such parameter, unknown reference) is still refused at once.
    """
    create = Stack.create_resources

    def create_resources(self: Any) -> None:
        try:
            create(self)
        except Exception as error:
            reason = getattr(error, "message", "") or str(error)
            self._add_stack_event("ROLLBACK_IN_PROGRESS", resource_status_reason=reason)
            self.resource_map.delete()
            self._add_stack_event("ROLLBACK_COMPLETE")
            self.status, self.status_reason = "ROLLBACK_COMPLETE", reason
            self.output_map = type(self.output_map)(self.resource_map, {}, self.stack_id)
            return
        self._tag_roles()

    def tag_roles(self: Any) -> None:
        """Tags of a stack are tags of what it makes."""
        for resource in self.stack_resources:
            if getattr(resource, "cf_resource_type", "") == "AWS::IAM::Role":
                kept = [tag for tag in resource.tags if tag["Key"] not in self.tags]
                resource.tags = kept + [{"Key": k, "Value": v} for k, v in self.tags.items()]

    Stack.create_resources = create_resources
    Stack._tag_roles = tag_roles


def _protect() -> None:
    """UpdateTerminationProtection, which moto lacks; and a protected stack is not deleted."""
    delete = models.CloudFormationBackend.delete_stack

    def update_termination_protection(self: Any) -> Any:
        stack = self.cloudformation_backend.get_stack(self._get_param("StackName"))
        wanted = self._get_param("EnableTerminationProtection")
        stack.enable_termination_protection = str(wanted).lower() == "true"
        return ActionResult({"StackId": stack.stack_id})

    def delete_stack(self: Any, name_or_stack_id: str) -> None:
        for stack in list(self.stacks.values()):
            if name_or_stack_id in (stack.name, stack.stack_id) and stack.enable_termination_protection:
                raise ValidationError(
                    message=f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
                )
        delete(self, name_or_stack_id)

    responses.CloudFormationResponse.update_termination_protection = update_termination_protection
    models.CloudFormationBackend.delete_stack = delete_stack
