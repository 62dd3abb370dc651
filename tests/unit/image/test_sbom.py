"""The list of what is in the image: complete, valid, and the same each time."""

from __future__ import annotations

import hashlib
import json
from importlib import metadata
from pathlib import Path

from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

from epochctl.image import sbom
from epochctl.image.distributions import NEEDED

LIBRARIES = {"libc.so.6": b"c", "libm.so.6": b"m"}


def test_spdx_own_validator_accepts_it(tmp_path: Path) -> None:
    path = tmp_path / "epoch.spdx.json"
    path.write_bytes(sbom.document(NEEDED, LIBRARIES))
    assert [each.validation_message for each in validate_full_spdx_document(parse_file(str(path)))] == []


def test_every_distribution_has_its_version_and_licence() -> None:
    packages = {each["name"]: each for each in json.loads(sbom.document(NEEDED, {}))["packages"]}
    assert set(packages) == {"epoch", "cpython", *NEEDED}
    for name in NEEDED:
        assert packages[name]["versionInfo"] == metadata.version(name)
        assert packages[name]["licenseDeclared"] not in ("", "NOASSERTION")


def test_a_library_is_known_by_its_checksum() -> None:
    packages = {each["name"]: each for each in json.loads(sbom.document((), LIBRARIES))["packages"]}
    [checksum] = packages["libc.so.6"]["checksums"]
    assert checksum == {"algorithm": "SHA256", "checksumValue": hashlib.sha256(b"c").hexdigest()}


def test_it_is_the_same_each_time_and_changes_with_the_content() -> None:
    first = sbom.document(NEEDED, LIBRARIES)
    assert sbom.document(NEEDED, LIBRARIES) == first
    assert sbom.document(NEEDED, LIBRARIES | {"libc.so.6": b"d"}) != first
