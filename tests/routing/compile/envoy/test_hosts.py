"""Which scope a host name leads to, and which hosts a pattern names."""

import pytest

from routing.compile import names
from routing.compile.envoy.hosts import exact_hosts, scope_of_host

EXACT, BELOW = names.scope(names.PUBLIC, "a.example"), names.scope(names.WILDCARD, "example")


@pytest.mark.parametrize(
    ("host", "scope"),
    [
        ("a.example", EXACT),
        ("b.example", BELOW),
        ("c.b.example", BELOW),
        ("example", ""),
        ("a.test", ""),
        ("own.example", BELOW),
        ("c.own.example", ""),
    ],
)
def test_the_exact_host_comes_before_the_wildcard(host, scope):
    assert scope_of_host({EXACT: (), BELOW: ()}, host, "own.example") == scope


def test_hosts_below_a_wildcard_are_not_named():
    assert exact_hosts(["a.example/*", "*.b.example/*", "not a pattern"]) == {"a.example"}
