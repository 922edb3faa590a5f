"""The playground's page before anything is sent: presets, and what the rules predict."""

import re

import pytest
from django.utils import timezone

from dashboard.fleet.deployment_cache import forget
from tests.factories import make_deployment, make_edge, make_version, make_worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db):
    worker = make_worker("shop", versions=3)
    one, two, _ = worker.versions.order_by("number")
    make_deployment(worker, (one, 100))
    make_deployment(worker, (two, 0), (one, 100))
    return worker


def verdict(client, **sent):
    response = client.post(
        "/playground/verdict/", {"worker": "shop"} | sent, HTTP_HX_REQUEST="true"
    )
    assert response.status_code == 200
    html = " ".join(response.content.decode().split())
    assert html.startswith('<div id="verdict"')
    return html


def live_id(worker):
    return str(worker.deployments.newest_first().first().id)


def id_of(worker, number):
    return str(worker.versions.get(number=number).id)


def test_no_workers_says_how_to_begin(maya):
    assert b"npx wrangler deploy" in maya.get("/playground/").content


def test_worker_and_version_are_preset_by_the_address(maya, shop):
    make_worker("aaa")
    html = maya.get(f"/playground/?worker=shop&version={id_of(shop, 2)}").content.decode()
    assert f'value="{id_of(shop, 2)}" selected' in html
    assert "Will be applied" in html


def test_an_unknown_worker_is_not_found(maya):
    assert maya.get("/playground/?worker=nobody").status_code == 404


def test_a_worker_without_deployment_predicts_nothing(maya):
    make_worker("shop")
    assert b"shop has no deployment" in maya.get("/playground/?worker=shop").content


def test_every_outcome_is_explained_before_sending(maya, shop):
    other = make_version("other")
    cases = {
        "": "absent",
        f'shop="{id_of(shop, 2)}"': "applied",
        f"shop={id_of(shop, 2)}": None,  # a token or a number, as the id begins
        'shap="x"': "not_addressed",
        "shop=tok": "not_a_string",
        'shop="nope"': "unknown_version",
        f'shop="{other.id}"': "unknown_version",
        f'shop="{id_of(shop, 3)}"': "not_in_deployment",
        "=": "invalid_header",
    }
    for raw, outcome in cases.items():
        html = verdict(maya, mode="raw", raw=raw)
        if outcome:
            assert f">{outcome}</code>" in html, (raw, html)
        else:
            assert ">not_a_string</code>" in html or ">invalid_header</code>" in html


def test_a_fix_is_offered(maya, shop):
    html = verdict(maya, mode="raw", raw="shop=tok")
    assert 'value="shop=&quot;tok&quot;"' in html


def test_a_version_outside_the_deployment_can_be_added(maya, shop):
    html = verdict(maya, version=id_of(shop, 3))
    assert f'name="stage" value="shop {id_of(shop, 3)}"' in html


def test_a_viewer_is_not_offered_to_add_it(vera, shop):
    assert 'name="stage"' not in verdict(vera, version=id_of(shop, 3))
    sent = {"worker": "shop", "stage": f"shop {id_of(shop, 3)}"}
    assert vera.post("/playground/stage/", sent).status_code == 403


def test_what_was_composed_is_there_again_when_the_version_is_staged(maya, shop):
    wanted = id_of(shop, 3)
    sent = {
        "worker": "shop",
        "method": "POST",
        "path": "/cart?a=1",
        "raw": f'shop="{wanted}"',
        "mode": "raw",
        "hn": ["Authorization", "x-two"],
        "hv": ["Bearer s3cret", "2"],
        "headers_as": "table",
        "body": "a\r\nb",
        "line_breaks": "crlf",
        "stage": f"shop {wanted}",
    }
    response = maya.post("/playground/stage/", sent)
    assert response.url == f"/workers/shop/split/?version={wanted}&percentage=0"
    assert "s3cret" not in str(dict(maya.session.items()))
    form = {"version": wanted, "percentage": "0", "message": "", "expected": live_id(shop)}
    back = maya.post("/workers/shop/split/", form)
    assert back.url == "/playground/?worker=shop&draft=1"
    html = maya.get(back.url).content.decode()
    for text in (
        'value="/cart?a=1"',
        "Authorization: Bearer s3cret",
        "x-two: 2",
        "a\nb</textarea>",
    ):
        assert text in html, text
    assert 'value="crlf" checked' in html and 'data-outcome="applied"' in html
    # The way back is for this act alone, and once.
    form = {"version": id_of(shop, 2), "percentage": "0", "expected": live_id(shop)}
    assert maya.post("/workers/shop/split/", form).url == "/workers/shop/"
    assert b'value="/"' in maya.get("/playground/?worker=shop").content


def test_the_request_on_the_screen_is_copied(maya, shop):
    sent = {"worker": "shop", "path": "/now?x=1", "mode": "raw", "raw": 'shop="abc"'}
    html = maya.post("/playground/export/", sent, HTTP_HX_REQUEST="true").content.decode()
    assert html.count('hx-swap-oob="true"') == 3 and "/now?x=1" in html
    assert "Cloudflare-Workers-Version-Overrides: shop=&quot;abc&quot;" in html
    whole = maya.post("/playground/export/", sent).content.decode()
    assert 'id="exports"' in whole and "/now?x=1" in whole and "<html" in whole


def test_an_attached_file_is_named_in_the_command(maya, shop):
    sent = {"worker": "shop", "method": "PUT", "kind": "file", "upload_name": "mug.png"}
    html = maya.post("/playground/export/", sent, HTTP_HX_REQUEST="true").content.decode()
    assert "--data-binary @mug.png" in html


def test_a_key_predicts_the_version_it_sticks_to(maya, shop):
    make_deployment(shop, (shop.versions.get(number=2), 100), (shop.versions.get(number=1), 0))
    html = verdict(maya, key="user-4411")
    stable = id_of(shop, 2)[:8]
    assert f"This key gets stable {stable}; it is on #2 from" in html


def test_a_key_tells_when_it_joins_the_candidate(maya, shop):
    html = verdict(maya, key="user-4411")
    staged, stable = id_of(shop, 2)[:8], id_of(shop, 1)[:8]
    assert f"This key gets stable {stable}; it joins the candidate {staged} at 23.913%" in html


def test_an_edge_that_lags_is_told(maya, shop):
    make_edge(applied_revision=1)
    html = verdict(maya, version=id_of(shop, 2))
    assert ">not_propagated</code>" in html or ">not_in_deployment</code>" in html


def test_what_was_typed_is_escaped(maya, shop):
    html = verdict(maya, mode="raw", raw='"><script>alert(1)</script>')
    assert "<script>alert" not in html


def test_without_scripts_checking_gives_the_whole_page(maya, shop):
    response = maya.post("/playground/verdict/", {"worker": "shop", "mode": "raw", "raw": "shop=1"})
    assert b"<html" in response.content and b"not_a_string" in response.content


def test_a_viewers_methods_are_off(vera, shop):
    html = vera.get("/playground/?worker=shop").content.decode()
    assert re.search(r"<option\s+disabled\s*>POST<", html)
    assert "Viewers send GET and HEAD." in html


def test_queries_do_not_grow(maya, django_assert_max_num_queries):
    def count():
        forget()
        with django_assert_max_num_queries(100) as counted:
            maya.get("/playground/?worker=w0")
        return len(counted)

    for i in range(3):
        make_deployment(make_worker(f"w{i}", versions=3))
    few = count()
    for i in range(3, 30):
        make_deployment(make_worker(f"w{i}"))
    for _ in range(27):
        make_version("w0")
    assert count() == few <= 23


def test_a_version_that_is_predicted_and_not_well_says_so(maya):
    version = make_deployment(make_worker("shop")).shares.get().version
    end = {"kind": "hang", "at": timezone.now().isoformat(), "message": "did not answer"}
    make_edge(status={"versions": {str(version.pk): {"state": "running", "end": end}}})
    html = maya.get("/playground/?worker=shop").content.decode()
    assert html.count('data-unhealthy="ended"') == 1
    assert "hung and was replaced" in html
