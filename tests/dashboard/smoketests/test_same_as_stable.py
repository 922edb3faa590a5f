"""`same_as_stable`: what stable shows against itself is noise, and exceptions are JSONPaths."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dashboard.comparison.compare import Side
from dashboard.smoketests.same_as_stable import differences, exception_for
from dashboard.smoketests.suites.document import StableDifferences


def side(document: Any, status: int = 200, **headers: str) -> Side:
    return Side(status, tuple(headers.items()), json.dumps(document).encode())


def places(stable: Any, candidate: Any, *paths: str, again: Any = None) -> list[str]:
    allowed = StableDifferences.model_validate({"except": list(paths)})
    second = stable if again is None else again
    found = differences(side(stable), side(second), side(candidate), allowed)
    return [difference.place for difference in found]


def test_a_value_that_differs_is_named_with_both_sides() -> None:
    stable, candidate = {"lines": [{"vat": 2.07}]}, {"lines": [{"vat": 2.08}]}
    [found] = differences(side(stable), side(stable), side(candidate), StableDifferences())
    assert (found.place, found.stable, found.candidate) == ("$.lines[0].vat", "2.07", "2.08")


def test_what_stable_varies_in_is_noise() -> None:
    assert places({"at": 1, "a": 1}, {"at": 3, "a": 1}, again={"at": 2, "a": 1}) == []
    assert places({"at": 1, "a": 1}, {"at": 3, "a": 2}, again={"at": 2, "a": 1}) == ["$.a"]


@pytest.mark.parametrize(
    ("path", "left"),
    [
        ("$.a", ["$.b[0].c", "$.b[1].c", "$.new"]),
        ("$.b", ["$.a.d", "$.new"]),
        ("$.b[*].c", ["$.a.d", "$.new"]),
        ("$..c", ["$.a.d", "$.new"]),
        ("$['new']", ["$.a.d", "$.b[0].c", "$.b[1].c"]),
        ("$.ab", ["$.a.d", "$.b[0].c", "$.b[1].c", "$.new"]),
        ("$", []),
    ],
)
def test_an_exception_covers_its_place_and_all_inside(path: str, left: list[str]) -> None:
    stable = {"a": {"d": 1}, "b": [{"c": 1, "x": 1}, {"c": 1, "x": 2}]}
    candidate = {"a": {"d": 2}, "b": [{"c": 2, "x": 1}, {"c": 3, "x": 2}], "new": True}
    assert places(stable, candidate, path) == left


def test_headers_count_only_where_they_are_asked_for() -> None:
    both = side({}, x="1"), side({}, x="1"), side({}, x="2")
    assert differences(*both, StableDifferences()) == []
    assert len(differences(*both, StableDifferences(headers=True))) == 1


def test_another_status_always_counts() -> None:
    stable = side({})
    [found] = differences(stable, stable, side({}, 500), StableDifferences())
    assert (found.place, found.candidate) == ("status", "500")


@pytest.mark.parametrize(
    ("place", "path"),
    [
        ("$.a[0].b", "$.a[0].b"),
        ("$.a[+2]", "$.a[2]"),
        ("$.a order", "$.a"),
        ("status", ""),
        ("$", ""),
    ],
)
def test_a_difference_names_its_own_exception(place: str, path: str) -> None:
    assert exception_for(place) == path
