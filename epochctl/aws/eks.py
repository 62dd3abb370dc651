"""EKS: where a cluster answers, who it trusts, and a short-lived credential for it.

Knows nothing of what runs inside a cluster.
"""

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

    def means(self, caller: str) -> bool:
        """Whether that caller is the principal. Somebody in a role is called by the role's bare name."""
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
        client = self._aws.client("eks")
        try:
            answer = self._aws.call(lambda: client.describe_cluster(name=cluster), absent=ABSENT)
        except LookupError:
            return None
        return _access(answer["cluster"], self._aws.region)

    def node_groups(self, cluster: str) -> tuple[NodeGroup, ...]:
        """Every managed node group; () when the cluster is absent."""
        client = self._aws.client("eks")
        pages = client.get_paginator("list_nodegroups")
        try:
            names = self._aws.call(
                lambda: [name for page in pages.paginate(clusterName=cluster) for name in page["nodegroups"]],
                absent=ABSENT,
            )
            return tuple(self._node_group(cluster, name) for name in names)
        except LookupError:
            return ()

    def access_entries(self, cluster: str) -> tuple[AccessEntry, ...]:
        """Every access entry with its policies; () when the cluster is absent."""
        pages = self._aws.client("eks").get_paginator("list_access_entries").paginate(clusterName=cluster)
        try:
            found = self._aws.call(
                lambda: [arn for page in pages for arn in page["accessEntries"]], absent=ABSENT
            )
            return tuple(self._access_entry(cluster, arn) for arn in found)
        except LookupError:
            return ()

    def standard_support(self, version: str) -> date | None:
        """The last day of a version's standard support; None where EKS does not say.

        Raises LookupError where EKS has no such version.
        """
        client = self._aws.client("eks")
        try:
            told = self._aws.call(lambda: client.describe_cluster_versions(clusterVersions=[version]))
        except EpochctlError:  # a new question: older permissions do not know it
            return None
        if not told["clusterVersions"]:
            raise LookupError(version)
        until: datetime | None = told["clusterVersions"][0].get("endOfStandardSupportDate")
        return until.date() if until else None

    def who(self, cluster: str) -> str:
        """Who we are to that cluster, and who may enter it: for the error that it does not know us.

        Raises CredentialsError where AWS does not know us either: they have expired, and that is the cause.
        """
        caller = self._aws.caller_arn()  # needs no permission: it fails for want of credentials only
        try:
            entries = self.access_entries(cluster)
        except EpochctlError as error:
            return f"its access entries cannot be read: {error.why or error.what}"
        ours = next((entry for entry in entries if entry.means(caller)), None)
        entered = "\n".join(f"  {entry}" for entry in entries) or "  nobody"
        known = f"entered as {ours}" if ours else "without an access entry"
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
        client = self._aws.client("eks")
        answer = self._aws.call(
            lambda: client.describe_nodegroup(clusterName=cluster, nodegroupName=name), absent=ABSENT
        )
        return _node_group(answer["nodegroup"])

    def _access_entry(self, cluster: str, arn: str) -> AccessEntry:
        client, names = self._aws.client("eks"), {"clusterName": cluster, "principalArn": arn}
        entry = self._aws.call(lambda: client.describe_access_entry(**names), absent=ABSENT)["accessEntry"]
        pages = client.get_paginator("list_associated_access_policies").paginate(**names)
        policies = self._aws.call(
            lambda: [each["policyArn"] for page in pages for each in page["associatedAccessPolicies"]],
            absent=ABSENT,
        )
        bare = tuple(sorted(policy.rpartition("/")[2] for policy in policies))
        return AccessEntry(arn, tuple(sorted(entry.get("kubernetesGroups", []))), bare)

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
