"""One API server over HTTPS: objects of any kind as plain dicts, logs, and a command in a pod.

The only module that imports `kubernetes`, and only once a cluster is connected to. Objects go through its
DynamicClient: `import kubernetes` costs 0.2 s and includes it. The classes of the typed API (CoreV1Api and
five others) would cost 0.5 to 0.8 s more at every `status` and `verify`; only `exec` loads CoreV1Api, since
`kubernetes.stream` takes one of its methods. Dicts also keep managedFields as the API server wrote them.
"""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol

from epochctl.errors import ClusterError, CredentialsError, unknown_caller
from epochctl.kube.exec import ExecSession

Json = dict[str, Any]
TIMEOUT = (5.0, 30.0)  # seconds to connect, and to wait for the answer
FOLLOW_TIMEOUT = 3600.0  # seconds without a line after which a followed log ends
MERGE_PATCH = "application/merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
METADATA_ONLY = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
ANYTHING = "*/*"


class Access(Protocol):
    """Where a cluster answers, and whom it trusts."""

    @property
    def name(self) -> str: ...
    @property
    def endpoint(self) -> str: ...
    @property
    def ca_pem(self) -> str: ...


@dataclass(frozen=True)
class Kind:
    """A kind of object as the API server names it. plural: the word in its paths."""

    api_version: str
    name: str
    plural: str
    namespaced: bool = True


POD = Kind("v1", "Pod", "pods")


class Refused(ClusterError):
    """The API server said no: status and its own words. Caught in this package where that is an answer."""

    def __init__(self, status: int, message: str, request: str) -> None:
        super().__init__("the cluster refused a request", why=f"{request}: {status}: {message}")
        self.status = status
        self.message = message


class Connection:
    """Requests to one API server, each with a deadline.

    token: returns a bearer token that is valid now. who: returns, for an error, who the caller is and whom
    the cluster knows. Every method raises Refused, ClusterError (no answer) or CredentialsError (401).
    """

    def __init__(
        self,
        access: Access,
        token: Callable[[], str],
        who: Callable[[], str] = str,
        timeout: tuple[float, float] = TIMEOUT,
    ) -> None:
        import kubernetes
        import urllib3

        self._access = access
        self._who = who
        self._timeout = timeout
        self._kubernetes = kubernetes
        self._http_error = urllib3.exceptions.HTTPError
        self._configuration = kubernetes.client.Configuration(host=access.endpoint.rstrip("/"), retries=1)
        self._configuration.ca_cert_data = access.ca_pem
        self._configuration.api_key["authorization"] = ""
        self._configuration.refresh_api_key_hook = lambda configuration: configuration.api_key.update(
            authorization=f"Bearer {token()}"
        )
        # without a discoverer: its cache is a file in /tmp that anybody may have written
        self._client = kubernetes.dynamic.DynamicClient(
            kubernetes.client.ApiClient(self._configuration), discoverer=lambda *_: None
        )
        self._kinds: dict[str, dict[str, Kind]] = {}

    def get(self, kind: Kind, name: str, namespace: str = "", *, accept: str = "") -> Json | None:
        """Return the object (or what of it `accept` asks for), or None where there is none."""
        options = {"header_params": {"Accept": accept}} if accept else {}
        return self._find("GET", self._path(kind, name, namespace), **options)

    def list(self, kind: Kind, namespace: str = "", **selectors: str) -> Sequence[Json]:
        """Return the selected objects, () where there is no such namespace or kind.

        namespace: "" for all of them. selectors: label_selector, field_selector.
        """
        return (self._find("GET", self._path(kind, "", namespace), **selectors) or {}).get("items") or ()

    def delete(self, kind: Kind, name: str, namespace: str = "") -> bool:
        """Ask for deletion. Return False where the object is already absent."""
        return self._find("DELETE", self._path(kind, name, namespace)) is not None

    def send(
        self,
        method: str,
        kind: Kind,
        name: str = "",
        namespace: str = "",
        *,
        subresource: str = "",
        **options: Any,
    ) -> Json:
        """Send a request about one object, or a list. options: those of DynamicClient.request."""
        return self._json(method, self._path(kind, name, namespace, subresource), **options)

    def kind(self, api_version: str, name: str) -> Kind:
        """Return how the API server calls a kind in its paths. An unknown kind has no objects: 404."""
        if api_version not in self._kinds:
            base = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
            self._kinds[api_version] = {
                item["kind"]: Kind(api_version, item["kind"], item["name"], bool(item["namespaced"]))
                for item in (self._find("GET", base) or {}).get("resources") or ()
                if "/" not in item["name"]
            }
        return self._kinds[api_version].get(name) or Kind(api_version, name, f"{name.lower()}s")

    def is_ready(self) -> bool:
        """Return whether the API server says that it is."""
        answer = self._request("GET", "/readyz", header_params={"Accept": ANYTHING})
        return bool(answer.data.strip() == b"ok")

    def log(self, namespace: str, pod: str, **query: str) -> str:
        """Return the log of a pod as text. query: of the API, such as tailLines."""
        return str(self._log(namespace, pod, query).data.decode("utf-8", "replace"))

    def follow(self, namespace: str, pod: str, **query: str) -> Iterator[str]:
        """Yield the lines of a pod's log as they come, until the other side ends."""
        timeout = (self._timeout[0], FOLLOW_TIMEOUT)
        query = {**query, "follow": "true"}
        for line in self._log(namespace, pod, query, streamed=True, _request_timeout=timeout):
            yield line.decode("utf-8", "replace").removesuffix("\n")

    def execute(
        self, namespace: str, pod: str, container: str, command: Sequence[str], *, stdin: bool, tty: bool
    ) -> ExecSession:
        """Start a command in a container and return its streams."""
        # kubernetes.stream replaces a method of the client while it connects: so it gets one of its own
        api = self._kubernetes.client.CoreV1Api(self._kubernetes.client.ApiClient(self._configuration))
        streams = {"stdin": stdin, "stdout": True, "stderr": not tty, "tty": tty}

        def connect() -> Any:
            with tempfile.NamedTemporaryFile("w", suffix=".pem") as authority:
                authority.write(self._access.ca_pem)
                authority.flush()
                self._configuration.ssl_ca_cert = authority.name  # kubernetes.stream ignores ca_cert_data
                return self._kubernetes.stream.stream(
                    api.connect_get_namespaced_pod_exec,
                    pod,
                    namespace,
                    container=container,
                    command=list(command),
                    **streams,
                    binary=True,
                    _preload_content=False,
                )

        try:
            return ExecSession(_bounded(connect, sum(self._timeout)))
        except TimeoutError as error:
            raise self._silent("timed out") from error
        except self._kubernetes.client.ApiException as error:
            cause = error.__context__ or error  # websocket-client's error: the exception itself has status 0
            status = getattr(cause, "status_code", 0)
            if not status:
                raise self._silent(_innermost(cause)) from error
            request = f"GET {self._path(POD, pod, namespace, 'exec')}"
            raise self._refused(status, getattr(cause, "resp_body", b"") or b"", request) from error

    def _log(self, namespace: str, pod: str, query: dict[str, str], **options: Any) -> Any:
        options |= {"query_params": list(query.items()), "header_params": {"Accept": ANYTHING}}
        return self._request("GET", self._path(POD, pod, namespace, "log"), **options)

    def _path(self, kind: Kind, name: str, namespace: str, subresource: str = "") -> str:
        group, _, version = kind.api_version.rpartition("/")
        resource = self._kubernetes.dynamic.Resource(
            prefix="apis" if group else "api",
            group=group,
            api_version=version,
            kind=kind.name,
            name=kind.plural,
            namespaced=kind.namespaced,
        )
        return "/".join(filter(None, (resource.path(name, namespace), subresource)))

    def _find(self, method: str, path: str, **options: Any) -> Json | None:
        """Send a request and return its answer, None for 404."""
        try:
            return self._json(method, path, **options)
        except Refused as refused:
            if refused.status == 404:
                return None
            raise

    def _json(self, method: str, path: str, **options: Any) -> Json:
        return dict(json.loads(self._request(method, path, **options).data or b"{}"))

    def _request(self, method: str, path: str, *, streamed: bool = False, **options: Any) -> Any:
        """Return urllib3's response: with its `data` in memory, or open to be read line by line."""
        options = {"_request_timeout": self._timeout, **options}
        try:
            answer = self._client.request(method, path, serialize=False, **options)
            if not streamed:
                answer.read(cache_content=True)  # an answer that breaks off is no answer
            return answer
        except self._kubernetes.client.ApiException as error:
            if not error.status:
                raise self._silent(str(error.reason)) from error
            raise self._refused(error.status, (error.body or "").encode(), f"{method} {path}") from error
        except self._http_error as error:
            raise self._silent(_innermost(error)) from error

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


def _bounded(call: Callable[[], Any], seconds: float) -> Any:
    """Return what `call` returns, or raise TimeoutError. kubernetes.stream connects without a timeout."""
    result: Future[Any] = Future()

    def run() -> None:
        try:
            result.set_result(call())
        except BaseException as error:
            result.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return result.result(seconds)


def _innermost(error: BaseException) -> str:
    """Return "Connection refused", say, and not the pool, the retries and the addresses around it."""
    reason = getattr(error, "reason", None)
    inner = reason if isinstance(reason, BaseException) else error
    for each in (inner, inner.__cause__, inner.__context__):
        if isinstance(each, OSError):
            return each.strerror or str(each)
    return str(inner)


def _message(text: str) -> str:
    """Return the Status object's message, or the text as it came."""
    try:
        return str(json.loads(text).get("message", text))
    except (ValueError, AttributeError):
        return text.strip()
