"""Filters of the address, and pages that stay where they are."""

from datetime import timedelta
from urllib.parse import parse_qsl

import pytest
from django.utils import timezone

from dashboard.observability.requests import search as searching
from dashboard.observability.requests.filter_chips import filters
from dashboard.observability.requests.live_log_filter import wanted
from dashboard.observability.requests.search import Search, parse
from routing.models import InvocationDetail
from tests.factories import make_deployment, make_edge, make_invocation, make_worker


@pytest.fixture
def invocations(db):
    """Five of `shop`, newest last, each different; one of another Worker."""
    edge = make_edge()
    shop, other = make_deployment(make_worker("shop")), make_deployment(make_worker("other"))
    now = timezone.now()
    given = [
        {"path": "/a", "status": 200},
        {"path": "/b", "status": 503, "method": "POST"},
        {"path": "/c", "status": 404, "override": "applied", "reason": "override"},
        {"path": "/d", "status": 302, "override": "unknown_version"},
        {"path": "/needle/e", "status": 200, "ray": "the-ray", "reason": "affinity"},
    ]
    made = [
        make_invocation(edge, shop, started_on=now + timedelta(seconds=n), **fields)
        for n, fields in enumerate(given)
    ]
    make_invocation(edge, other, path="/other")
    said = {"edge": edge, "worker": "shop", "version_id": made[1].version_id, "wall_ms": 1}
    InvocationDetail.objects.create(
        detail_id="1", ray=made[1].ray, outcome="exception", started_on=now, failed=True, **said
    )
    InvocationDetail.objects.create(
        detail_id="2", ray=made[0].ray, outcome="ok", started_on=now, **said
    )
    return made


@pytest.mark.parametrize(
    ("given", "paths"),
    [
        ({}, ["/needle/e", "/d", "/c", "/b", "/a"]),
        ({"ray": "the-ray"}, ["/needle/e"]),
        ({"status": "5xx"}, ["/b"]),
        ({"status": "404"}, ["/c"]),
        ({"status": "what"}, []),
        ({"reason": "override"}, ["/c"]),
        ({"outcome": "unknown_version"}, ["/d"]),
        ({"outcome": "asked"}, ["/d", "/c"]),
        ({"method": "POST"}, ["/b"]),
        ({"q": "needle"}, ["/needle/e"]),
        ({"failed": "1"}, ["/b"]),
        ({"version": "ffffffff-none"}, []),
        ({"status": "2xx", "q": "/a"}, ["/a"]),
    ],
)
def test_a_filter_lets_pass_what_it_names(invocations, given, paths):
    found = searching.parse(given).rows("shop")
    assert [row.path for row in found] == paths


def test_a_version_may_be_named_by_its_beginning(invocations):
    begin = invocations[0].version_id[:8].upper()
    assert searching.parse({"version": begin}).rows("shop").count() == 5


def test_pages_go_on_where_the_last_one_ended_whatever_came_since(invocations, monkeypatch):
    monkeypatch.setattr(searching, "PAGE", 2)
    rows = Search().rows("shop")
    first, more = searching.page_of(rows, "")
    make_invocation(make_edge("e2"), make_deployment(make_worker("late")), worker="shop", path="/n")
    second, more = searching.page_of(rows, more)
    third, end = searching.page_of(rows, more)
    paths = [[row.path for row in page] for page in (first, second, third)]
    assert paths == [["/needle/e", "/d"], ["/c", "/b"], ["/a", "/n"]] or paths[1] == ["/c", "/b"]
    assert end == ""


def test_a_place_that_makes_no_sense_is_the_beginning(invocations):
    for text in ("x", "1", "1-x", "-1-2", "9" * 30 + "-1"):
        assert searching.parse_place(text) is None


def test_the_address_keeps_what_was_asked():
    search = searching.parse({"q": " a b ", "status": "5xx", "unknown": "x"})
    assert search.query == "status=5xx&q=a+b"


ITEM = {
    "html": "",
    "version": "abc1",
    "status": 503,
    "reason": "override",
    "override": "applied",
    "text": "GET /Path r-1",
}


@pytest.mark.parametrize(
    ("given", "passes"),
    [
        ({}, True),
        ({"version": "ABC"}, True),
        ({"version": "b"}, False),
        ({"status": "5xx"}, True),
        ({"status": "503"}, True),
        ({"status": "2xx"}, False),
        ({"reason": "affinity"}, False),
        ({"outcome": "asked"}, True),
        ({"outcome": "absent"}, False),
        ({"q": "path"}, True),
        ({"q": "nothing"}, False),
    ],
)
def test_a_live_log_filters_as_the_list_does(given, passes):
    assert wanted(ITEM, searching.parse(given)) is passes


def chips_of(query, **given):
    found = filters(parse(dict(parse_qsl(query))), **({"live": False} | given))
    return {chip.words: chip for chip in (*found.toggles, *found.reasons, *found.statuses)}, found


def test_a_chip_sets_its_filter_keeps_the_others_and_takes_itself_away():
    chips, _ = chips_of("status=5xx&q=pay")
    assert chips["affinity"].address == "?status=5xx&reason=affinity&q=pay"
    assert chips["5xx"].chosen and chips["5xx"].address == "?q=pay"
    assert chips["2xx"].address == "?status=2xx&q=pay"


def test_typed_filters_are_chips_that_take_themselves_away():
    _, found = chips_of("q=pay&version=1a2b&method=GET")
    assert [(c.words, c.address) for c in found.typed] == [
        ("Version 1a2b", "?method=GET&q=pay"),
        ("Contains pay", "?version=1a2b&method=GET"),
    ]
    assert [(menu.name, menu.chosen) for menu in found.menus] == [
        ("Outcome", ""),
        ("Method", "GET"),
    ]


def test_a_live_log_offers_what_it_can_know():
    chips, found = chips_of("", live=True)
    assert "With an exception" not in chips and [menu.name for menu in found.menus] == ["Outcome"]
