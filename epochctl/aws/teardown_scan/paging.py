"""Complete answers: all pages, or "there is none". Knows nothing of what is asked for."""

from __future__ import annotations

from typing import Any

from epochctl.aws.session import Aws


class Reader:
    """Reads any service of one region."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self.region = aws.region

    def items(self, service: str, operation: str, key: str, **arguments: Any) -> list[dict[str, Any]]:
        """Every item, from all pages where the answer has pages."""
        client = self._aws.client(service)
        if not client.can_paginate(operation):
            return list(self._aws.call(lambda: getattr(client, operation)(**arguments))[key])
        pages = client.get_paginator(operation).paginate(**arguments)
        return self._aws.call(lambda: [item for page in pages for item in page[key]])

    def find(
        self, service: str, operation: str, absent: str | tuple[str, ...], **arguments: Any
    ) -> dict[str, Any] | None:
        """The answer, or None where AWS answers with the code (or one of those) in `absent`."""
        method = getattr(self._aws.client(service), operation)
        try:
            return dict(
                self._aws.call(
                    lambda: method(**arguments), absent=absent if isinstance(absent, tuple) else (absent,)
                )
            )
        except LookupError:
            return None
