"""The history of a release from helm's own records, and the answer to "back to which?"."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest

from epochctl.errors import NotFoundError
from epochctl.steps.deploy.releases import Releases


def record(
    revision: int, replicas: int, description: str, status: str = "superseded", *, hostname: str = "epoch.a"
) -> bytes:
    manifest = {
        "kind": "Deployment",
        "metadata": {"name": "epoch", "labels": {"helm.sh/chart": "epoch-0.1.0"}},
    }
    release = {
        "name": "epoch",
        "namespace": "epoch-production",
        "version": revision,
        "info": {
            "last_deployed": f"2026-11-24T12:0{revision}:00.123456789Z",
            "status": status,
            "description": description,
        },
        "config": {
            "hostname": hostname,
            "image": {"repository": "r", "digest": f"sha256:{revision}", "tag": "t"},
        },
        "manifest": json.dumps({**manifest, "spec": {"replicas": replicas}}),
    }
    return base64.b64encode(gzip.compress(json.dumps(release).encode()))


class Kube:
    def __init__(self, *records: bytes) -> None:
        self.records = records

    def secrets(self, namespace: str, selector: str, key: str) -> tuple[bytes, ...]:
        assert (namespace, selector, key) == ("epoch-production", "owner=helm,name=epoch", "release")
        return self.records


def releases(*records: bytes) -> Releases:
    kube: Any = Kube(*records)
    return Releases(kube, "epoch-production", "epoch")


THREE = (
    record(1, 1, "deployed by ann@laptop"),
    record(3, 1, "Rollback to 1", "deployed"),
    record(2, 9, "deployed by bob@laptop"),
)


def test_the_newest_first_with_who_and_what() -> None:
    listed = releases(*THREE).revisions()
    assert [one.revision for one in listed] == [3, 2, 1]
    assert [one.status for one in listed] == ["deployed", "taken back", "superseded"]
    assert [one.who for one in listed] == ["", "bob@laptop", "ann@laptop"]
    assert (listed[0].description, listed[1].description) == ("Rollback to 1", "")
    assert (listed[2].digest, listed[2].chart) == ("sha256:1", "epoch-0.1.0")


def test_a_listed_revision_with_what_it_would_change() -> None:
    back = releases(*THREE).preview_rollback(2)
    assert (back.current.revision, back.target.revision, back.is_current) == (3, 2, False)
    assert "+  replicas: 9" in back.changes[0].lines


def test_an_unknown_one_is_one_error_with_the_list() -> None:
    with pytest.raises(NotFoundError, match="no revision 9 of release epoch") as caught:
        releases(*THREE).preview_rollback(9)
    assert [line.split()[0] for line in caught.value.why.splitlines()[1:]] == ["3", "2", "1"]


def test_without_one_that_was_healthy_it_says_so() -> None:
    with pytest.raises(NotFoundError, match="no other revision that was healthy"):
        releases(*THREE).preview_rollback(None)
    with pytest.raises(NotFoundError, match="no release epoch"):
        releases().preview_rollback(None)


def test_the_present_one_is_known_as_such() -> None:
    assert releases(*THREE).preview_rollback(3).is_current


def test_one_of_another_host_name_is_refused_with_both_ways_to_what_it_was() -> None:
    renamed = releases(
        record(1, 1, "deployed by ann@laptop"), record(2, 2, "", "deployed", hostname="clock.a")
    )
    for revision in (1, None):
        with pytest.raises(NotFoundError) as caught:
            renamed.preview_rollback(revision)
        assert caught.value.what == "revision 1 answered for epoch.a, and the host name is clock.a now"
        assert "epochctl deploy --image r@sha256:1" in caught.value.fix
        assert 'hostname = "epoch.a" in epochctl.toml' in caught.value.fix
