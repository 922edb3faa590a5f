"""Search or jump to: what is found by which words, best first."""

import re
import time

import pytest

from dashboard.accounts.models import Role
from dashboard.ui.jump.matching import corrected, score
from dashboard.ui.jump.verbs import GENERAL, OF_A_WORKER
from routing.models import Worker
from tests.factories import make_deployment, make_draft, make_user, make_version, make_worker

pytestmark = pytest.mark.django_db


def found(client, typed):
    html = client.get("/palette/", {"q": typed}).content.decode()
    return html[html.index("<main") : html.index("</main>")]


def lines(client, typed, path="/"):
    """(words, address) of the dialog opened on the page `path`."""
    html = client.get(
        "/palette/",
        {"q": typed},
        headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{path}"},
    ).content.decode()
    return re.findall(r'data-href="([^"]*)".*?<span class="wrap">([^<]*)<', html, re.DOTALL)


@pytest.fixture
def two(db):
    """checkout and hello, the one that was deployed last."""
    for name in ("checkout", "hello"):
        worker = make_worker(name)
        make_deployment(worker, (make_version(worker, make_draft(tag="v2")), 100))


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


def test_a_version_is_found_by_its_worker_and_its_tag_or_number(maya, two):
    version = Worker.objects.get(name="hello").versions.get(tag="v2")
    for typed in ("hello v2", "v2 hel", f"hello #{version.number}", "#2 hello"):
        assert lines(maya, typed)[0] == (
            f"/workers/hello/versions/{version.id}/",
            f"#2 {version.short_id} v2",
        ), typed


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("roll", "/workers/checkout/rollback/"),
        ("undo", "/workers/checkout/rollback/"),
        ("stage", "/workers/checkout/split/?percentage=0"),
        ("step", "/workers/checkout/split/"),
        ("promote", "/workers/checkout/split/?percentage=100"),
        ("log", "/workers/checkout/log/"),
        ("tail", "/workers/checkout/log/"),
        ("send", "/playground/?worker=checkout"),
        ("settings", "/workers/checkout/settings/"),
        ("roll hello", "/workers/hello/rollback/"),
        ("api", "/client/v4/"),
        ("docs", "/client/v4/"),
        ("help", "/help/"),
        ("rolback", "/workers/checkout/rollback/"),
        ("chekout", "/workers/checkout/"),
        ("obserability", "/workers/checkout/observability/"),
    ],
)
def test_verbs_act_on_the_worker_of_the_page(maya, two, typed, first):
    assert lines(maya, typed, "/workers/checkout/versions/")[0][0] == first


def test_without_a_page_of_a_worker_verbs_name_those_deployed_last(maya, two):
    assert lines(maya, "roll back") == [
        ("/workers/hello/rollback/", "Roll back hello"),
        ("/workers/checkout/rollback/", "Roll back checkout"),
    ]
    assert lines(maya, "", "/playground/?worker=hello")[0][1] == "Roll back hello"
    assert lines(maya, "roll", "/workers/no-such/")[0][1] == "Roll back hello"


def test_people_are_offered_what_they_may_do(client, maya, two):
    assert "Invite a person" not in found(maya, "invite")
    assert "Delete hello" not in found(maya, "delete hello")
    client.force_login(make_user("ada", Role.ADMIN))
    assert "Invite a person" in found(client, "invite")
    assert lines(client, "delete hello")[0][0] == "/workers/hello/settings/#delete"
    client.force_login(make_user("vera", Role.VIEWER))
    assert "Roll back" not in found(client, "roll")


def test_every_verb_leads_to_a_page(client, two):
    client.force_login(make_user("ada", Role.ADMIN))
    for verb in (*OF_A_WORKER, *GENERAL):
        answer = client.get(verb.url("hello").split("#")[0])
        assert answer.status_code in (200, 302), verb.words
        assert answer.status_code == 200 or "/hello/" in answer.url, verb.words


def test_pages_are_found(maya):
    assert 'href="/playground/"' in found(maya, "playg")


def test_the_dialog_gets_options_only(maya):
    make_worker("checkout")
    html = maya.get("/palette/?q=check", HTTP_HX_REQUEST="true").content.decode().strip()
    assert html.startswith('<ul id="palette-results"') and 'data-href="/workers/checkout/"' in html


def test_nothing_found_says_what_to_try_and_escapes_what_was_typed(maya):
    html = found(maya, '"><script>x')
    assert "Nothing matches" in html and "roll back, stage, send" in html
    assert "<script>x" not in html


def test_queries_do_not_grow(maya, django_assert_max_num_queries):
    for i in range(20):
        make_worker(f"w{i}")
    with django_assert_max_num_queries(8):
        maya.get("/palette/?q=w", HTTP_HX_REQUEST="true")


def test_misspelled_words_are_found_among_2000_names_in_time():
    names = {
        f"{kind}-{n}" for kind in ("checkout", "pricing", "basket", "search") for n in range(500)
    }
    began = time.process_time()
    assert corrected(["pricng-77"], names) == ["pricing-77"]
    assert time.process_time() - began < 0.25
    assert corrected(["xy"], names) == ["xy"]


def test_all_words_must_fit_and_whole_ones_count_more():
    assert score(["roll", "api"], "Roll back my-api") > score(["rol", "ap"], "Roll back my-api") > 0
    assert score(["roll", "web"], "Roll back my-api") == 0
