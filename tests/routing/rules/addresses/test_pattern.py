"""Route patterns: what is accepted, how it is written, and what is refused."""

import pytest

from routing.rules.addresses.pattern import (
    PatternInvalid,
    PatternProblem,
    is_host_name,
    parse_pattern,
)
from routing.rules.addresses.zones import zone_id, zone_of


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("example.com/*", "example.com/*"),
        ("example.com", "example.com/"),
        ("EXAMPLE.com/Path", "example.com/Path"),
        ("*.example.com/*", "*.example.com/*"),
        ("*example.com/images*", "*example.com/images*"),
        ("https://a.example.com/x", "https://a.example.com/x"),
        ("*://a.example.com/x", "a.example.com/x"),
        (" example.com/* ", "example.com/*"),
    ],
)
def test_a_pattern_has_one_canonical_text(text, canonical):
    pattern = parse_pattern(text)
    assert str(pattern) == canonical
    assert parse_pattern(canonical) == pattern


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", PatternProblem.empty),
        ("x" * 2000, PatternProblem.too_long),
        ("ftp://example.com/", PatternProblem.scheme),
        ("example.com:8080/*", PatternProblem.port),
        ("example.com/?a=*", PatternProblem.query),
        ("example.com?a", PatternProblem.query),
        ("example.com/#a", PatternProblem.fragment),
        ("a.*.com/", PatternProblem.host_wildcard),
        ("**.example.com/", PatternProblem.host_wildcard),
        ("*/*", PatternProblem.host),
        ("/x", PatternProblem.host),
        ("example/*", PatternProblem.host),
        ("-a.example.com/", PatternProblem.host),
        ("a..example.com/", PatternProblem.host),
        ("example.com/*.jpg", PatternProblem.path_wildcard),
        ("example.com/**", PatternProblem.path_wildcard),
        ("example.com/a b", PatternProblem.path),
        ("example.com/ü", PatternProblem.path),
    ],
)
def test_what_is_no_pattern_is_refused_by_its_problem(text, problem):
    with pytest.raises(PatternInvalid) as caught:
        parse_pattern(text)
    assert caught.value.problem is problem


def test_a_host_name_has_two_labels():
    assert is_host_name("a.example.com") and is_host_name("_dmarc.example.com")
    assert not is_host_name("localhost") and not is_host_name("A.example.com")
    assert not is_host_name("a." * 130 + "com")


def test_the_longest_zone_of_a_host_counts():
    zones = ["example.com", "shop.example.com"]
    assert zone_of("a.shop.example.com", zones) == "shop.example.com"
    assert zone_of("shop.example.com", zones) == "shop.example.com"
    assert zone_of("myexample.com", zones) == ""
    assert zone_id("example.com") == zone_id("example.com") != zone_id("example.org")
    assert len(zone_id("example.com")) == 32
