"""The explorer's prediction: nobody moves away, shares approach the percentage, pages hold up."""

import csv
import io

import pytest
from hypothesis import given, strategies as st

from dashboard.playground.affinity.explorer import (
    STEPS,
    Ramp,
    generated_keys,
    places_of,
    read_keys,
    steps,
)
from tests.factories import make_deployment, make_worker

key_lists = st.lists(
    st.text("abcdefgh-0123456789é", min_size=1, max_size=12), unique=True, max_size=40
)
ramps = st.builds(
    Ramp, st.just("new"), st.just("old"), st.booleans(), st.sampled_from([0, 500, *STEPS])
)


@given(key_lists, ramps)
def test_nobody_moves_away_and_everybody_is_there_at_the_end(keys, ramp):
    found = steps(keys, ramp)
    assert all(s.leaving == 0 for s in found) and found[-1].on_it == len(keys)
    assert sum(s.joining for s in found) == len(keys)


@given(key_lists, ramps)
def test_a_key_joins_exactly_where_it_says(keys, ramp):
    for p in places_of(keys, ramp):
        assert ramp.holder(p.key, p.joins_at) == "new"
        assert p.joins_at == 1 or ramp.holder(p.key, p.joins_at - 1) == "old"
        assert (p.now == "new") == (ramp.weight >= p.joins_at)


def test_shares_come_close_to_the_percentage():
    found = {
        s.weight: s.on_it for s in steps(generated_keys(1000, "user-"), Ramp("n", "o", True, 0))
    }
    assert abs(found[25_000] - 250) < 60 and abs(found[50_000] - 500) < 70


def test_keys_are_read_once_each_and_odd_ones_are_named():
    keys, note = read_keys(" a \r\nb\na\n\x07\n" + "x" * 300)
    assert keys == ["a", "b"] and "2 left out" in note and "1 repeated" in note


@pytest.fixture
def shop(db):
    worker = make_worker("shop", versions=2)
    one, two = worker.versions.order_by("number")
    make_deployment(worker, (one, 100))
    make_deployment(worker, (two, 25), (one, 75))
    return worker


def test_the_page_shows_every_step_and_generated_keys_stand_in_the_address(maya, shop):
    html = maya.get("/playground/keys/?worker=shop&generate=300&prefix=u-").content.decode()
    assert "300 keys, step by step" in html and "No key leaves it" in html
    assert "?worker=shop&amp;generate=300&amp;prefix=u-" in html and "100 more keys" in html


def test_pasted_keys_come_by_post_and_leave_as_csv(maya, shop):
    sent = {"worker": "shop", "keys": "user-1\n=cmd()\n", "as": "csv"}
    rows = list(csv.reader(io.StringIO(maya.post("/playground/keys/", sent).content.decode())))
    assert rows[0][:3] == ["key", "version_now", "joins_at_percent"] and rows[0][-1] == "at_100"
    assert [row[0] for row in rows[1:]] == ["user-1", "'=cmd()"]
    assert rows[1][-1] == str(shop.versions.get(number=2).id)


@pytest.mark.parametrize("query", ["", "?generate=1000", "?generate=x", "?keys=a"])
def test_every_state_of_the_page_holds_up(maya, shop, query):
    assert maya.get("/playground/keys/" + query).status_code == 200


def test_one_version_alone_says_what_to_do(vera, db):
    assert b"npx wrangler deploy" in vera.get("/playground/keys/").content
    make_deployment(make_worker("solo"))
    assert b"Only one version is live" in vera.get("/playground/keys/?worker=solo").content
