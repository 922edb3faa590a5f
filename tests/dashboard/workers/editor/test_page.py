"""The editor's page: nothing hidden is shown, nothing hostile runs, and who may not is told."""

import pytest

from tests.dashboard.workers.editor.form import fields, newest, post
from tests.factories import make_version, make_worker

pytestmark = pytest.mark.django_db


def test_the_form_holds_the_code_and_never_a_secret(maya, shop):
    html = maya.get("/workers/shop/edit/").content.decode()
    assert "return new Response(&#x27;hi&#x27;)" in html
    assert "hunter2" not in html and 'value="TOKEN"' in html
    assert "No differences." in html


def test_each_button_says_what_is_live_after_it(maya, shop):
    html = maya.get("/workers/shop/edit/").content.decode()
    after = html.partition('class="outlooks"')[2]
    bars = [part.partition('"')[0] for part in after.split('role="img" aria-label="')[1:]]
    assert bars == ["Stable #1 100%", "Candidate new 0%, stable #1 100%", "Stable new 100%"]


def test_the_changes_are_a_fragment_of_their_own(maya, shop):
    headers = {"HX-Request": "true", "HX-Target": "changes"}
    sent = fields(shop, act="show", binding__1__value="other", tag="")
    html = maya.post("/workers/shop/edit/", sent, headers=headers).content.decode()
    assert html.strip().startswith('<div id="changes"')
    assert "Response(&#x27;two&#x27;)" in html and "Secret with another value" in html


def test_hostile_names_and_contents_stay_text(maya, shop):
    bad = "</textarea><script>alert(1)</script>"
    html = post(maya, shop, act="show", module__0__text=bad, module__0__name=bad).content.decode()
    assert "<script>alert" not in html


@pytest.mark.parametrize("path", ["/workers/shop/edit/", "/workers/new/"])
def test_a_viewer_is_told_who_can(vera, shop, path):
    assert vera.get(path).status_code == 403
    assert vera.post(path, fields(shop)).status_code == 403
    assert newest(shop).number == 1


def test_versions_of_other_workers_are_no_base(maya, shop):
    other = make_version("other")
    assert maya.get(f"/workers/shop/edit/?from={other.id}").status_code == 404
    assert maya.get("/workers/shop/edit/?from=nonsense").status_code == 404


@pytest.mark.parametrize("count", [3, 30])
def test_the_page_asks_as_often_for_many_versions(maya, count, django_assert_max_num_queries):
    make_worker("shop", versions=count)
    with django_assert_max_num_queries(24):
        maya.get("/workers/shop/edit/")
