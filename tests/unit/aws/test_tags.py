"""Tags of AWS, between the API's lists and dicts."""

from __future__ import annotations

from epochctl.aws.tags import has_tags, tag_dict, tag_filters, tag_list

TAGS = {"epochctl:name": "epoch", "Name": ""}


def test_a_list_becomes_a_dict_and_back() -> None:
    assert tag_dict(tag_list(TAGS)) == TAGS
    assert tag_dict([{"Key": "Name"}]) == {"Name": ""}
    assert tag_dict(None) == {}


def test_filters_find_what_has_every_tag() -> None:
    assert tag_filters({"a": "b"}) == [{"Name": "tag:a", "Values": ["b"]}]


def test_every_wanted_tag_must_have_the_same_value() -> None:
    assert has_tags(TAGS | {"other": "x"}, TAGS)
    assert not has_tags({"epochctl:name": "other", "Name": ""}, TAGS)
