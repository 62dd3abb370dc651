"""EC2 launch templates as on AWS: the template's own tags are no part of its data. moto puts them there."""

from __future__ import annotations

from typing import Any


def install() -> None:
    """Patch moto's creation of launch templates."""
    from moto.ec2.models import launch_templates

    create = launch_templates.LaunchTemplateBackend.create_launch_template

    def create_launch_template(
        self: Any, name: str, description: str, template_data: dict[str, Any], tag_spec: Any
    ) -> Any:
        specifications = template_data.get("TagSpecifications", [])
        kept = [each for each in specifications if each.get("ResourceType") != "launch-template"]
        template_data = {key: value for key, value in template_data.items() if key != "TagSpecifications"}
        if kept:
            template_data["TagSpecifications"] = kept
        return create(self, name, description, template_data, tag_spec)

    launch_templates.LaunchTemplateBackend.create_launch_template = create_launch_template
