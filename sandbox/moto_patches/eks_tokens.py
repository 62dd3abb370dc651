"""EKS tokens: a presigned GetCallerIdentity request, whose signature is checked."""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
import re
from urllib.parse import parse_qsl, quote, urlsplit

from sandbox.moto_patches.identity import Caller, caller, credential_error

TOKEN_PREFIX = "k8s-aws-v1."
TOKEN_MINUTES = 15


def authenticate_token(token: str, cluster: str) -> Caller | None:
    """The caller behind an EKS token, or None: not one, expired, for another cluster, or wrongly signed."""
    if not token.startswith(TOKEN_PREFIX):
        return None
    encoded = token.removeprefix(TOKEN_PREFIX)
    try:
        url = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
        parts = urlsplit(url)
    except ValueError:
        return None
    query = dict(parse_qsl(parts.query))
    key = query.get("X-Amz-Credential", "").split("/")[0]
    known = caller(key)
    if (
        known is None
        or credential_error(key) is not None
        or query.get("Action") != "GetCallerIdentity"
        or not re.fullmatch(r"sts\.[a-z0-9.-]+", parts.netloc)
    ):
        return None
    if "x-k8s-aws-id" not in query.get("X-Amz-SignedHeaders", "").split(";") or _is_too_old(
        query.get("X-Amz-Date", "")
    ):
        return None
    expected = _signature(
        known.secret_access_key, parts.netloc, parts.path or "/", query, {"x-k8s-aws-id": cluster}
    )
    signature = query.get("X-Amz-Signature", "")
    return known if hmac.compare_digest(expected.encode(), signature.encode()) else None


def _is_too_old(date: str) -> bool:
    try:
        made = datetime.datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.UTC)
    except ValueError:
        return True
    return abs(datetime.datetime.now(datetime.UTC) - made) > datetime.timedelta(minutes=TOKEN_MINUTES)


def _signature(secret: str, host: str, path: str, query: dict[str, str], headers: dict[str, str]) -> str:
    """Signature Version 4 of a presigned GET."""
    signed = query["X-Amz-SignedHeaders"].split(";")
    values = {"host": host, **headers}
    pairs = sorted(
        (quote(k, safe="-_.~"), quote(v, safe="-_.~")) for k, v in query.items() if k != "X-Amz-Signature"
    )
    canonical = "\n".join(
        [
            "GET",
            path,
            "&".join(f"{k}={v}" for k, v in pairs),
            *[f"{name}:{values.get(name, '')}" for name in signed],
            "",
            ";".join(signed),
            hashlib.sha256(b"").hexdigest(),
        ]
    )
    date, scope = query["X-Amz-Date"], "/".join(query["X-Amz-Credential"].split("/")[1:])
    text = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
