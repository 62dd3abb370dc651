"""EKS: where a cluster answers, who it trusts, and a short-lived credential for it."""

from __future__ import annotations

import base64
import re
import threading
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from epochctl.aws.session import Aws
from epochctl.errors import EpochctlError

LIFETIME = timedelta(minutes=14)  # EKS accepts a token for 15 minutes after its signature
REUSE = timedelta(
    minutes=10
)  # the API server remembers a token it has checked: a new one per request would cost it STS calls
HEADER = "x-k8s-aws-id"
ABSENT = ("ResourceNotFoundException",)


@dataclass(frozen=True)
class ClusterAccess:
    """A cluster as EKS describes it. endpoint, ca_pem and issuer are "" while it is being created."""

    name: str
    region: str
    account_id: str
    arn: str
    status: str
    version: str
    endpoint: str
    ca_pem: str
    issuer: str
    vpc_id: str
    tags: tuple[tuple[str, str], ...] = ()
    created: datetime | None = None


@dataclass(frozen=True)
class Token:
    """A bearer token for one cluster; masked wherever it is printed."""

    value: SecretStr
    expires: datetime


@dataclass(frozen=True)
class NodeGroup:
    """A managed node group; issues are EKS's own words for what is wrong with it."""

    name: str
    status: str
    desired: int
    issues: tuple[str, ...]


@dataclass(frozen=True)
class AccessEntry:
    """Who may enter a cluster, as which groups and with which of EKS's policies."""

    principal: str
    groups: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()

    def matches(self, caller: str) -> bool:
        """Return whether the caller's ARN is the principal's. A session has only the role's bare name."""
        if caller == self.principal:
            return True
        assumed = re.fullmatch(r"arn:[^:]+:sts::(\d+):assumed-role/([^/]+)/.+", caller)
        role = re.fullmatch(r"arn:[^:]+:iam::(\d+):role/(?:.+/)?([^/]+)", self.principal)
        return assumed is not None and role is not None and assumed.groups() == role.groups()

    def __str__(self) -> str:
        return f"{self.principal} ({', '.join(self.policies or self.groups) or 'without rights'})"


class Eks:
    """The EKS clusters of one region."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._lock = threading.Lock()
        self._tokens: dict[str, Token] = {}

    def describe(self, cluster: str) -> ClusterAccess | None:
        """The cluster, or None where there is none of that name."""
        answer = self._aws.find("eks", "describe_cluster", absent=ABSENT, name=cluster)
        return _access(answer["cluster"], self._aws.region) if answer else None

    def node_groups(self, cluster: str) -> tuple[NodeGroup, ...]:
        """Every managed node group; () when the cluster is absent."""
        try:
            names = self._items("list_nodegroups", "nodegroups", clusterName=cluster)
            return tuple(self._node_group(cluster, name) for name in names)
        except LookupError:
            return ()

    def access_entries(self, cluster: str) -> tuple[AccessEntry, ...]:
        """Every access entry with its policies; () when the cluster is absent."""
        try:
            found = self._items("list_access_entries", "accessEntries", clusterName=cluster)
            return tuple(self._access_entry(cluster, arn) for arn in found)
        except LookupError:
            return ()

    def standard_support(self, version: str) -> date | None:
        """The last day of a version's standard support; None where EKS does not say.

        Raises LookupError where EKS has no such version.
        """
        try:
            request = ("eks", "describe_cluster_versions", "clusterVersions")
            found = self._aws.items(*request, clusterVersions=[version])
        except EpochctlError:  # a newer operation: IAM policies written before it do not allow it
            return None
        if not found:
            raise LookupError(version)
        until: datetime | None = found[0].get("endOfStandardSupportDate")
        return until.date() if until else None

    def describe_access(self, cluster: str) -> str:
        """Return the caller and the access entries as text, for the error that the cluster refused it.

        Raises CredentialsError where the credentials have expired: then that is the cause.
        """
        caller = self._aws.caller_arn()  # needs no permission: it fails for want of credentials only
        try:
            entries = self.access_entries(cluster)
        except EpochctlError as error:
            return f"its access entries cannot be read: {error.why or error.what}"
        own = next((entry for entry in entries if entry.matches(caller)), None)
        entered = "\n".join(f"  {entry}" for entry in entries) or "  nobody"
        known = f"entered as {own}" if own else "without an access entry"
        return f"you are {caller}, {known}; it knows\n{entered}"

    def token(self, cluster: str) -> Token:
        """A bearer token for the cluster, signed anew when the last one is ten minutes old."""
        now = datetime.now(UTC)
        with self._lock:
            known = self._tokens.get(cluster)
            if known is None or known.expires - now < LIFETIME - REUSE:
                known = Token(SecretStr(self._sign(cluster)), now + LIFETIME)
                self._tokens[cluster] = known
            return known

    def _node_group(self, cluster: str, name: str) -> NodeGroup:
        arguments = {"clusterName": cluster, "nodegroupName": name}
        return _node_group(
            self._aws.request("eks", "describe_nodegroup", absent=ABSENT, **arguments)["nodegroup"]
        )

    def _access_entry(self, cluster: str, arn: str) -> AccessEntry:
        names = {"clusterName": cluster, "principalArn": arn}
        entry = self._aws.request("eks", "describe_access_entry", absent=ABSENT, **names)["accessEntry"]
        policies = self._items("list_associated_access_policies", "associatedAccessPolicies", **names)
        bare = tuple(sorted(policy["policyArn"].rpartition("/")[2] for policy in policies))
        return AccessEntry(arn, tuple(sorted(entry.get("kubernetesGroups", []))), bare)

    def _items(self, operation: str, key: str, **arguments: Any) -> list[Any]:
        return self._aws.items("eks", operation, key, absent=ABSENT, **arguments)

    def _sign(self, cluster: str) -> str:
        """A presigned GetCallerIdentity that names the cluster in a signed header, as `aws eks get-token`."""
        sts = self._aws.client("sts")
        events = sts.meta.events
        events.register(
            "provide-client-params.sts.GetCallerIdentity", _note_cluster, unique_id="epochctl-note"
        )
        events.register("before-sign.sts.GetCallerIdentity", _add_header, unique_id="epochctl-header")
        parameters = {"ClusterName": cluster}
        url = self._aws.call(
            lambda: sts.generate_presigned_url(
                "get_caller_identity", Params=parameters, ExpiresIn=60, HttpMethod="GET"
            )
        )
        return "k8s-aws-v1." + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


def _note_cluster(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    if "ClusterName" in params:
        context[HEADER] = params.pop("ClusterName")


def _add_header(request: Any, **_: Any) -> None:
    if HEADER in request.context:
        request.headers[HEADER] = request.context[HEADER]


def _access(item: dict[str, Any], region: str) -> ClusterAccess:
    encoded = item.get("certificateAuthority", {}).get("data", "")
    return ClusterAccess(
        name=item["name"],
        region=region,
        account_id=item["arn"].split(":")[4],
        arn=item["arn"],
        status=item.get("status", ""),
        version=item.get("version", ""),
        endpoint=item.get("endpoint", ""),
        ca_pem=base64.b64decode(encoded).decode("utf-8", "replace"),
        issuer=item.get("identity", {}).get("oidc", {}).get("issuer", ""),
        vpc_id=item.get("resourcesVpcConfig", {}).get("vpcId", ""),
        tags=tuple(sorted(item.get("tags", {}).items())),
        created=item.get("createdAt"),
    )


def _node_group(item: dict[str, Any]) -> NodeGroup:
    issues = item.get("health", {}).get("issues", [])
    return NodeGroup(
        name=item["nodegroupName"],
        status=item.get("status", ""),
        desired=int(item.get("scalingConfig", {}).get("desiredSize", 0)),
        issues=tuple(f"{issue.get('code', '')}: {issue.get('message', '')}" for issue in issues),
    )
