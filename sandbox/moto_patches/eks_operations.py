"""EKS operations that moto lacks: adds each with its path and its handler."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from moto.core.responses import ActionResult
from moto.core.utils import camelcase_to_underscores
from moto.eks import exceptions, responses, urls

Handler = Callable[[Any], dict[str, Any]]
"""From moto's response object (its _get_param, eks_backend, region and headers) to the answer's members."""


@dataclass(frozen=True)
class Operation:
    """path: of the request, with (?P<member>...) groups; a group of `.+` may hold an ARN with its slashes.

    Of several that fit a request, the one that was added last answers. No parentheses inside a group:
    moto's web server takes the path apart by them.
    """

    name: str
    method: str
    path: str
    handler: Handler


_known: list[Operation] = []


def add_operations(*operations: Operation) -> None:
    """Make moto's EKS answer them. Adding one again replaces it."""
    for operation in operations:
        _known[:] = [each for each in _known if each.name != operation.name] + [operation]
        urls.url_paths["{0}" + operation.path + "$"] = urls.response.dispatch
        setattr(responses.EKSResponse, camelcase_to_underscores(operation.name), _method(operation))
    _route(responses.EKSResponse)


def eks_error(kind: str, cluster: str, message: str) -> Exception:
    """moto's exception of that name, to be raised."""
    made: Exception = getattr(exceptions, kind)(
        clusterName=cluster, nodegroupName=None, fargateProfileName=None, addonName=None, message=message
    )
    return made


def now() -> datetime:
    """As moto's serialiser wants it."""
    return datetime.now(UTC).replace(tzinfo=None)


def _method(operation: Operation) -> Any:
    def handle(self: Any) -> Any:
        return ActionResult(operation.handler(self))

    return handle


def _route(response: Any) -> None:
    """moto's own router takes an ARN in a path for several parts of it once a web server has decoded it."""
    if "_get_action_from_method_and_request_uri" in response.__dict__:
        return
    original = response._get_action_from_method_and_request_uri

    def find(self: Any, request: Any) -> Any:
        for operation in reversed(_known):
            match = re.fullmatch(operation.path, unquote(request.path))
            if match and request.method == operation.method:
                self.uri_match = match.groupdict()
                return operation.name
        return original(self, request)

    response._get_action_from_method_and_request_uri = find
