"""What is in the image, as an SPDX 2.3 document in JSON: interpreter, packages, licences, shared libraries.

It travels inside the image and does not say when or where it was made: same input, same bytes. Source:
spdx.github.io/spdx-spec/v2.3.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import Any

from epochctl import __version__

PATH = "/usr/share/sbom/epoch.spdx.json"
_UNKNOWN = "NOASSERTION"
# What distributions of ours say in their older `License` field, as SPDX names it.
_LICENCES = {"MIT License": "MIT", "BSD": "BSD-3-Clause", "MIT": "MIT", "PSF": "PSF-2.0"}


def document(distributions: Sequence[str], libraries: Mapping[str, bytes]) -> bytes:
    """distributions: names, as installed here. libraries: content by name, as it stands in the image."""
    packages = [
        _package("epoch", __version__, "Apache-2.0", purl=f"pkg:generic/epoch@{__version__}"),
        _package("cpython", _python(), "PSF-2.0", purl=f"pkg:generic/cpython@{_python()}"),
        *(_distribution(name) for name in distributions),
        *(_library(name, content) for name, content in sorted(libraries.items())),
    ]
    relations = [_relation("SPDXRef-DOCUMENT", "DESCRIBES", packages[0]["SPDXID"])]
    relations += [_relation(packages[0]["SPDXID"], "CONTAINS", each["SPDXID"]) for each in packages[1:]]
    content = {"packages": packages, "relationships": relations}
    digest = hashlib.sha256(json.dumps(content).encode()).hexdigest()
    head = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": "epoch",
        "documentNamespace": f"https://spdx.org/spdxdocs/epoch-{digest}",
        "creationInfo": {"created": "1970-01-01T00:00:00Z", "creators": [f"Tool: epochctl-{__version__}"]},
    }
    return (json.dumps(head | content, indent=1) + "\n").encode()


def _distribution(name: str) -> dict[str, Any]:
    about, version = metadata.metadata(name), metadata.version(name)
    licence = next((about[field] for field in ("License-Expression", "License") if field in about), "")
    canonical = re.sub(r"[-_.]+", "-", name).lower()
    return _package(name, version, licence, purl=f"pkg:pypi/{canonical}@{version}")


def _library(name: str, content: bytes) -> dict[str, Any]:
    """Which package of the build machine it came from is not known everywhere; its checksum is."""
    package = _package(name, "", "")
    checksum = {"algorithm": "SHA256", "checksumValue": hashlib.sha256(content).hexdigest()}
    return package | {"checksums": [checksum], "primaryPackagePurpose": "LIBRARY"}


def _package(name: str, version: str, licence: str, *, purl: str = "") -> dict[str, Any]:
    package: dict[str, Any] = {
        "name": name,
        "SPDXID": "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", name),
        "downloadLocation": _UNKNOWN,
        "filesAnalyzed": False,
        "licenseConcluded": _UNKNOWN,
        "licenseDeclared": _LICENCES.get(licence, licence) if licence and "\n" not in licence else _UNKNOWN,
        "copyrightText": _UNKNOWN,
    }
    if version:
        package["versionInfo"] = version
    if purl:
        reference = {
            "referenceCategory": "PACKAGE-MANAGER",
            "referenceType": "purl",
            "referenceLocator": purl,
        }
        package["externalRefs"] = [reference]
    return package


def _relation(element: str, kind: str, related: str) -> dict[str, str]:
    return {"spdxElementId": element, "relationshipType": kind, "relatedSpdxElement": related}


def _python() -> str:
    return ".".join(map(str, sys.version_info[:3]))
