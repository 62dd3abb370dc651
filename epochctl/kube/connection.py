"""One API server over https: a request in, JSON out. Made from what EKS says, without any kubeconfig.

Knows no kind of object in particular.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import urlencode

from epochctl.errors import ClusterError, CredentialsError, unknown_caller

Json = dict[str, Any]
TIMEOUT = (5.0, 30.0)


class Access(Protocol):
    """Where a cluster answers, and whom it trusts."""

    @property
    def name(self) -> str: ...
    @property
    def endpoint(self) -> str: ...
    @property
    def ca_pem(self) -> str: ...


class Refused(ClusterError):
    """The API server said no: status and its own words. Caught in this package where that is an answer."""

    def __init__(self, status: int, message: str, request: str) -> None:
        super().__init__("the cluster refused a request", why=f"{request}: {status}: {message}")
        self.status = status
        self.message = message


class Connection:
    """Requests to one API server, each with a deadline. token gives a bearer token that is valid now; who
    tells, for an error, who we are and whom the cluster knows.
    """

    def __init__(self, access: Access, token: Callable[[], str], who: Callable[[], str] = str) -> None:
        self._access = access
        self._token = token
        self._who = who
        self._lock = threading.Lock()
        self._client: Any = None

    def get(self, path: str, *, accept: str = "application/json", **query: str) -> Json | None:
        """The object (or what of it `accept` asks for), or None where there is none."""
        try:
            return self.send("GET", path, query=query, accept=accept)
        except Refused as refused:
            if refused.status == 404:
                return None
            raise

    def delete(self, path: str, **query: str) -> bool:
        """Ask for deletion. False where it is already absent."""
        try:
            self.send("DELETE", path, query=query)
            return True
        except Refused as refused:
            if refused.status == 404:
                return False
            raise

    def send(
        self,
        method: str,
        path: str,
        *,
        body: Json | None = None,
        query: Mapping[str, str] | None = None,
        content: str = "application/json",
        accept: str = "application/json",
    ) -> Json:
        """A request with a JSON answer. Raises Refused, ClusterError (no answer) or CredentialsError."""
        answer = self._call(method, path, query, body, content, TIMEOUT, accept)
        return dict(json.loads(answer.read() or b"{}"))

    def text(self, path: str, **query: str) -> str:
        """A request with an answer in plain text."""
        return str(self._call("GET", path, query, None, "", TIMEOUT).read().decode("utf-8", "replace"))

    def stream(self, path: str, **query: str) -> Iterator[str]:
        """Lines as they come; ends when the other side does."""
        answer = self._call("GET", path, query, None, "", (TIMEOUT[0], 3600.0))
        rest = b""
        for chunk in answer.response.stream(4096):
            *lines, rest = (rest + chunk).split(b"\n")
            yield from (line.decode("utf-8", "replace") for line in lines)
        if rest:
            yield rest.decode("utf-8", "replace")

    def socket(self, path: str, protocols: Sequence[str], query: Sequence[tuple[str, str]]) -> Any:
        """A websocket. Raises as `send` does."""
        import ssl

        import websocket

        url = "wss" + self._access.endpoint.rstrip("/").removeprefix("https") + f"{path}?{urlencode(query)}"
        trust = ssl.create_default_context(cadata=self._access.ca_pem)
        header = [f"Authorization: Bearer {self._token()}"]
        try:
            found = websocket.create_connection(
                url,
                timeout=TIMEOUT[1],
                header=header,
                subprotocols=list(protocols),
                sslopt={"context": trust},
            )
        except websocket.WebSocketBadStatusException as error:
            raise self._refused(error.status_code, error.resp_body or b"", f"GET {path}") from error
        except (websocket.WebSocketException, OSError) as error:
            raise self._silent(str(error)) from error
        return found

    def _call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        body: Json | None,
        content: str,
        timeout: tuple[float, float],
        accept: str = "application/json, */*",
    ) -> Any:
        import urllib3.exceptions

        url = self._access.endpoint.rstrip("/") + path + ("?" + urlencode(query) if query else "")
        headers = {"Authorization": f"Bearer {self._token()}", "Accept": accept}
        sent: Any = body
        if body is not None:
            headers["Content-Type"] = content
            sent = (
                json.dumps(body) if content.endswith("yaml") else body
            )  # JSON is YAML; the client encodes json types itself
        try:
            answer = self._api().call_api(
                method, url, header_params=headers, body=sent, _request_timeout=timeout
            )
        except urllib3.exceptions.HTTPError as error:
            raise self._silent(_innermost(error)) from error
        except self._api_exception() as error:
            raise self._silent(str(getattr(error, "reason", error))) from error
        return self._checked(answer, f"{method} {path}")

    def _checked(self, answer: Any, request: str) -> Any:
        if answer.status < 400:
            return answer
        raise self._refused(answer.status, answer.read(), request)

    def _refused(self, status: int, body: bytes, request: str) -> ClusterError | CredentialsError:
        message = _message(body.decode("utf-8", "replace"))
        if status == 401:
            return unknown_caller(f"cluster {self._access.name}", f"{request}: 401: {message}", self._who())
        return Refused(status, message, request)

    def _silent(self, why: str) -> ClusterError:
        return ClusterError(
            f"cluster {self._access.name} does not answer",
            why=f"{self._access.endpoint}: {why}",
            fix="check the network and that your address may reach the cluster's public endpoint",
        )

    def _api(self) -> Any:
        with self._lock:
            if self._client is None:
                from kubernetes import client

                configuration = client.Configuration(host=self._access.endpoint, retries=1)
                configuration.ca_cert_data = self._access.ca_pem
                self._client = client.ApiClient(configuration)
            return self._client

    @staticmethod
    def _api_exception() -> type[Exception]:
        from kubernetes.client import ApiException

        return ApiException  # type: ignore[no-any-return]


def _innermost(error: BaseException) -> str:
    """ "Connection refused", say, and not the pool, the retries and the addresses of objects around it."""
    reason = getattr(error, "reason", None)
    inner = reason if isinstance(reason, BaseException) else error
    for each in (inner.__cause__, inner.__context__):
        if isinstance(each, OSError):
            return each.strerror or str(each)
    return str(inner)


def _message(text: str) -> str:
    """The Status object's message, or the text as it came."""
    try:
        return str(json.loads(text).get("message", text))
    except (ValueError, AttributeError):
        return text.strip()
