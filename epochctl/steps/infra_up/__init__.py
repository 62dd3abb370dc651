"""`infra-up`: VPC, cluster and registry, by terraform from a saved plan, the state in the account's
bucket."""

from epochctl.steps.infra_up.review import Reviewed
from epochctl.steps.infra_up.step import InfraUp

__all__ = ["InfraUp", "Reviewed"]
