"""Executables that a node calls: the CNI plugin for addresses and the credential provider for ECR.

Each is a short script in plain Python without site-packages, so that it starts quickly. Both call the control
API.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

_HEADER = "#!{python} -IS\n"

_IPAM = '''
"""CNI IPAM: an address of the node's network interface, as the VPC CNI does."""
import json, os, sys, urllib.request
command = os.environ.get("CNI_COMMAND", "VERSION")
if command == "VERSION":
    print(json.dumps({{"cniVersion": "1.0.0", "supportedVersions": ["0.4.0", "1.0.0"]}})); sys.exit()
config = json.load(sys.stdin)
asked = {{"instance": config["ipam"]["instance"], "container": os.environ["CNI_CONTAINERID"]}}
path = "assign" if command == "ADD" else "release" if command == "DEL" else ""
if not path:
    sys.exit()
try:
    url, body = "{internal}/addresses/" + path, json.dumps(asked).encode()
    answer = json.load(urllib.request.urlopen(url, body, timeout=10))
except OSError as error:
    print(json.dumps({{"cniVersion": "1.0.0", "code": 11, "msg": "no address", "details": str(error)}}))
    sys.exit(1)
if command == "ADD":
    ip = {{"address": answer["address"], "gateway": answer["router"]}}
    route = {{"dst": "0.0.0.0/0", "gw": answer["router"]}}
    print(json.dumps({{"cniVersion": config["cniVersion"], "ips": [ip], "routes": [route]}}))
'''

_ECR = '''
"""Kubelet credential provider: the ECR authorization token of the node's role."""
import json, sys, urllib.request
image = json.load(sys.stdin)["image"]
answer = json.load(urllib.request.urlopen("{internal}/registry-token?image=" + image, timeout=10))
print(json.dumps({{"apiVersion": "credentialprovider.kubelet.k8s.io/v1", "kind": "CredentialProviderResponse",
    "cacheKeyType": "Registry", "cacheDuration": "10m",
    "auth": {{image.split("/")[0]: {{"username": "AWS", "password": answer["token"]}}}}}}))
'''


def write(directory: Path, internal: str) -> None:
    """Write both into `directory`. internal: base URL of this node in the control API."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, source in (("epoch-ipam", _IPAM), ("ecr-credential-provider", _ECR)):
        path = directory / name
        path.write_text(_HEADER.format(python=sys.executable) + source.format(internal=internal).lstrip())
        path.chmod(0o755)


def credential_provider_config() -> str:
    """The kubelet's configuration for the ECR credential provider, JSON."""
    provider = {
        "name": "ecr-credential-provider",
        "matchImages": ["*.dkr.ecr.*.amazonaws.com"],
        "defaultCacheDuration": "10m",
        "apiVersion": "credentialprovider.kubelet.k8s.io/v1",
    }
    return json.dumps(
        {
            "apiVersion": "kubelet.config.k8s.io/v1",
            "kind": "CredentialProviderConfig",
            "providers": [provider],
        }
    )
