"""A private kubeconfig for helm alone, without a secret: its exec plugin asks for a token by `argv`."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Sequence
from pathlib import Path


def write(path: Path, *, name: str, endpoint: str, ca_pem: str, argv: Sequence[str]) -> Path:
    """Write it, readable by its owner only, at once (a reader never sees half a file)."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = json.dumps(document(name, endpoint, ca_pem, argv), indent=1)  # JSON is YAML
    part = path.with_name(f"{path.name}.{os.getpid()}")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    part.replace(path)
    return path


def document(name: str, endpoint: str, ca_pem: str, argv: Sequence[str]) -> dict[str, object]:
    """The kubeconfig as data."""
    execute = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": argv[0],
        "args": list(argv[1:]),
        "interactiveMode": "Never",
    }
    authority = base64.b64encode(ca_pem.encode()).decode()
    cluster = {"server": endpoint, "certificate-authority-data": authority}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": name, "user": {"exec": execute}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }
