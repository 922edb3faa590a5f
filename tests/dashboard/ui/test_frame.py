"""The frame: who gets in, what errors look like, and that no page needs an inline script."""

import re

import pytest
from django.template.loader import render_to_string
from django.test import Client

from dashboard.api import products
from dashboard.ui.templatetags.text_filters import OUTCOMES, REASONS
from routing.version import VERSION
from tests.factories import make_deployment, make_edge, make_version, make_worker

pytestmark = pytest.mark.django_db

INLINE = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>|\sstyle=|\son[a-z]+=\"|javascript:", re.I)


@pytest.mark.parametrize("path", ["/workers/", "/playground/", "/accounts/", "/workers/shop/"])
def test_a_stranger_is_sent_to_sign_in(client, path):
    response = client.get(path)
    assert response.status_code == 302
    assert response["Location"] == f"/accounts/login/?next={path}"


def test_the_root_leads_to_the_workers(maya):
    assert maya.get("/")["Location"] == "/workers/"


def test_health_needs_no_person(client):
    assert client.get("/healthz").json() == {
        "status": "ok",
        "version": VERSION,
        "revision": 0,
    }


def test_every_page_keeps_to_the_strict_policy(maya):
    make_edge()
    worker = make_worker("shop", versions=2)
    one, two = worker.versions.order_by("number")
    make_deployment(worker, (one, 100))
    make_deployment(worker, (two, 25), (one, 75))
    pages = [
        "/workers/",
        "/workers/shop/",
        "/workers/shop/split/",
        "/workers/shop/rollback/",
        f"/workers/shop/versions/{one.id}/",
        "/playground/?worker=shop",
        "/accounts/",
        "/nothing-here",
    ]
    for path in pages:
        response = maya.get(path)
        html = response.content.decode()
        assert response.status_code == (404 if path == "/nothing-here" else 200), path
        assert not INLINE.search(html), (path, INLINE.search(html))
        policy = response["Content-Security-Policy"]
        assert "default-src 'self'" in policy and "unsafe" not in policy


def test_what_does_not_exist_says_so_in_style(maya):
    response = maya.get("/workers/nobody/")
    assert response.status_code == 404
    assert b"There is no such page" in response.content


def test_an_error_stays_inside_the_frame_for_people_who_signed_in(maya, client):
    html = maya.get("/workers/nobody/").content.decode()
    assert 'id="sidebar"' in html and 'id="keys"' in html
    client.logout()
    assert 'id="sidebar"' not in client.get("/nothing-here").content.decode()


def test_the_help_has_every_reason_and_outcome(maya):
    html = maya.get("/help/").content.decode()
    for code in (*REASONS, *OUTCOMES):
        assert f"<code>{code}</code>" in html
    assert "workerd" in html.partition('id="versions-title"')[2]


def test_the_help_names_every_product_that_is_refused(maya):
    listed = " ".join(maya.get("/help/").content.decode().partition("refused-products")[2].split())
    # Settings of products that run here are differences, listed above.
    names = {name for name in products.NAMES if not name.startswith("Settings of")}
    missing = [name for name in names if name not in listed.replace("<code>", "")]
    assert len(names) > 30 and not missing


def test_the_help_menu_lists_every_section(maya):
    html = maya.get("/help/").content.decode()
    menu, _, sections = html.partition('id="help"')
    sections, _, _ = sections.partition("</main>")
    listed = re.findall(r'<a href="#([a-z]+-title)">([^<]+)</a>', menu)
    assert listed == re.findall(r'<h2 id="([a-z]+-title)">([^<]+)</h2>', sections)
    assert len(listed) > 10 and 'id="help-search"' in menu


def test_the_first_visit_offers_two_ways(maya):
    html = maya.get("/workers/").content.decode()
    assert "npx wrangler deploy" in html and 'action="/workers/new/"' in html
    assert re.findall(r'data-first="(\w+)"', html) == ["done", "now", *["todo"] * 6]


def test_the_first_visit_ticks_a_connected_edge(maya):
    make_edge("local-1", applied_revision=1)
    html = maya.get("/workers/").content.decode()
    assert re.findall(r'data-first="(\w+)"', html) == ["done", "done", "now", *["todo"] * 5]
    assert "local-1, revision 1" in html


def test_an_expired_form_says_what_to_do(maya):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = maya.cookies
    response = strict.post("/accounts/logout/")
    assert response.status_code == 403
    assert b"The form is no longer valid" in response.content


@pytest.mark.parametrize("template", ["500.html", "400.html", "403_csrf.html"])
def test_the_worst_errors_need_neither_person_nor_database(template, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert "Sluice" in render_to_string(template)


def test_the_frame_names_the_edges(maya):
    worker = make_worker()
    make_deployment(worker, (make_version(worker), 100))
    make_edge("local-1", applied_revision=1)
    make_edge("local-2", applied_revision=0)
    assert b"1/2" in maya.get("/accounts/").content
