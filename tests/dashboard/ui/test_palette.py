"""Search or jump to: what is found by which words."""

import pytest

from tests.factories import make_draft, make_version, make_worker

pytestmark = pytest.mark.django_db


def found(client, typed):
    html = client.get("/palette/", {"q": typed}).content.decode()
    return html[html.index("<main") : html.index("</main>")]


def test_workers_and_their_actions_are_found_by_name(maya):
    make_worker("checkout")
    html = found(maya, "check")
    assert 'href="/workers/checkout/"' in html and 'href="/playground/?worker=checkout"' in html
    assert 'href="/workers/checkout/split/"' in html


def test_versions_are_found_by_the_start_of_id_and_tag(maya):
    version = make_version("checkout", make_draft(tag="v1.42.0"))
    url = f"/workers/checkout/versions/{version.id}/"
    for typed in (str(version.id)[:8], str(version.id)[:13].upper(), str(version.id), "V1.4"):
        assert url in found(maya, typed), typed
    assert url not in found(maya, "1.42")


def test_pages_are_found(maya):
    assert 'href="/playground/"' in found(maya, "playg")


def test_the_dialog_gets_options_only(maya):
    make_worker("checkout")
    html = maya.get("/palette/?q=check", HTTP_HX_REQUEST="true").content.decode().strip()
    assert html.startswith('<ul id="palette-results"') and 'data-href="/workers/checkout/"' in html


def test_nothing_found_is_said_and_what_was_typed_is_escaped(maya):
    html = found(maya, '"><script>x')
    assert "Nothing is called so" in html and "<script>x" not in html


def test_queries_do_not_grow(maya, django_assert_max_num_queries):
    for i in range(20):
        make_worker(f"w{i}")
    with django_assert_max_num_queries(8):
        maya.get("/palette/?q=w", HTTP_HX_REQUEST="true")
