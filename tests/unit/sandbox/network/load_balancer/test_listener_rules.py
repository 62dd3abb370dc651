"""Listener rules: which actions a request gets, where a redirect leads, and how a forward is weighted."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.network.load_balancer import listener_rules

DEFAULT = [{"Type": "fixed-response"}]
CHOSEN = [{"Type": "forward", "TargetGroupArn": "arn"}]


def listener(*conditions: dict[str, Any]) -> dict[str, Any]:
    return {"rules": [{"conditions": list(conditions), "actions": CHOSEN}], "default": DEFAULT}


def chosen(condition: dict[str, Any], host: str = "a.test", path: str = "/", method: str = "GET") -> bool:
    return listener_rules.actions_for(listener(condition), host, path, method) == CHOSEN


@pytest.mark.parametrize(
    ("pattern", "host", "holds"),
    [
        ("a.test", "A.Test", True),
        ("*.test", "a.test", True),
        ("*.test", "test", False),
        ("?.test", "a.test", True),
        ("?.test", "ab.test", False),
        ("a.test", "b.a.test", False),
        ("a.te.t", "a.test", False),
    ],
)
def test_hosts_are_matched_without_regard_to_case(pattern: str, host: str, holds: bool) -> None:
    assert chosen({"Field": "host-header", "HostHeaderConfig": {"Values": [pattern]}}, host) is holds


@pytest.mark.parametrize(
    ("pattern", "path", "holds"),
    [
        ("/api/*", "/api/v1/time", True),
        ("/api/*", "/api", False),
        ("/API/*", "/api/", False),
        ("/[ab]", "/a", False),
        ("/[ab]", "/[ab]", True),
        ("/a?c", "/abc", True),
    ],
)
def test_paths_are_matched_by_case_and_know_two_wildcards_only(pattern: str, path: str, holds: bool) -> None:
    assert chosen({"Field": "path-pattern", "PathPatternConfig": {"Values": [pattern]}}, path=path) is holds


def test_the_old_form_of_values_is_as_good() -> None:
    assert chosen({"Field": "path-pattern", "Values": ["/x", "/y"]}, path="/y")


def test_methods_are_matched() -> None:
    condition = {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["POST"]}}
    assert chosen(condition, method="POST")
    assert not chosen(condition, method="GET")


def test_a_condition_that_is_not_known_does_not_hold() -> None:
    assert not chosen({"Field": "source-ip", "SourceIpConfig": {"Values": ["0.0.0.0/0"]}})


def test_all_conditions_of_a_rule_must_hold() -> None:
    both = listener(
        {"Field": "host-header", "Values": ["a.test"]}, {"Field": "path-pattern", "Values": ["/x"]}
    )
    assert listener_rules.actions_for(both, "a.test", "/x", "GET") == CHOSEN
    assert listener_rules.actions_for(both, "a.test", "/y", "GET") == DEFAULT


def test_the_first_rule_that_holds_wins() -> None:
    anything = {"Field": "path-pattern", "Values": ["*"]}
    two = listener(anything)
    two["rules"].append({"conditions": [anything], "actions": DEFAULT})
    assert listener_rules.actions_for(two, "a.test", "/", "GET") == CHOSEN


def location(config: dict[str, Any], path: str = "/a/b", query: str = "c=d") -> str:
    return listener_rules.redirect_location(config, "a.test", 80, path, query, "HTTP")


def test_a_redirect_to_https_keeps_host_path_and_query() -> None:
    assert location({"Protocol": "HTTPS", "Port": "443"}) == "https://a.test:443/a/b?c=d"


def test_a_redirect_without_a_query_has_no_question_mark() -> None:
    assert location({"Protocol": "HTTPS", "Port": "443"}, query="") == "https://a.test:443/a/b"


def test_every_part_of_a_redirect_may_use_parts_of_the_request() -> None:
    config = {"Host": "www.#{host}", "Path": "/old/#{path}", "Query": "from=#{host}&#{query}"}
    assert location(config) == "http://www.a.test:80/old/a/b?from=a.test&c=d"


def test_a_forward_without_weights_has_one_group() -> None:
    assert listener_rules.forward_groups({"TargetGroupArn": "arn"}) == [("arn", 1)]


def test_a_forward_with_weights_has_each_group_with_its_own() -> None:
    groups = [
        {"TargetGroupArn": "a", "Weight": 90},
        {"TargetGroupArn": "b", "Weight": 0},
        {"TargetGroupArn": "c"},
    ]
    action = {"TargetGroupArn": "a", "ForwardConfig": {"TargetGroups": groups}}
    assert listener_rules.forward_groups(action) == [("a", 90), ("b", 0), ("c", 1)]
