"""What is kept, for whom, and what of it is masked."""

import json
import time

import pytest
from django.db import connection
from django.test import Client

from dashboard.accounts.models import Role
from dashboard.playground.models import Entry, Saved
from dashboard.playground.request.form import compose
from dashboard.variables.models import Variable
from tests.dashboard.playground.fake_edge import fake_edge
from tests.factories import make_deployment, make_edge, make_user, make_worker

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "s3cret-of-maya"


@pytest.fixture
def listener():
    with fake_edge() as server:
        yield server


@pytest.fixture
def shop(listener, monkeypatch):
    monkeypatch.setattr("dashboard.playground.send.edges.LOG_WAIT", 0)
    make_edge(proof_url=listener.url)
    worker = make_worker("shop")
    make_deployment(worker)
    return worker


def send(client, **fields):
    sent = {"worker": "shop", "method": "GET", "path": "/"} | fields
    response = client.post("/playground/", sent)
    return response.content.decode()


def everything_kept() -> str:
    rows = [*Entry.objects.values(), *Saved.objects.values()]
    return json.dumps(rows, default=lambda v: v.decode() if isinstance(v, bytes) else str(v))


@pytest.fixture
def vera_looks(db):
    client = Client()
    client.force_login(make_user("vera", Role.VIEWER))
    return client


def test_what_was_sent_is_listed_and_opens_with_its_answer(maya, shop):
    send(maya, path="/cart")
    entry = Entry.objects.get()
    assert b"/cart" in maya.get("/playground/").content
    html = maya.get(f"/playground/r/{entry.id}/").content.decode()
    assert 'value="/cart"' in html and "hello" in html and "200 OK" in html


def test_a_history_is_ones_own_but_a_link_shows_the_answer(maya, vera_looks, shop):
    send(maya, path="/mine")
    assert b"/mine" not in vera_looks.get("/playground/").content
    assert b"hello" in vera_looks.get(f"/playground/r/{Entry.objects.get().id}/").content


def test_secrets_are_masked_wherever_they_stand(maya, shop, listener):
    listener.headers.append(("set-cookie", f"sid={SECRET}"))
    send(
        maya,
        method="POST",
        path=f"/login?token={SECRET}&a=1",
        headers=f"Authorization: Bearer {SECRET}\nCookie: a={SECRET}\nX-Api-Key: {SECRET}\nX-Ok: 1",
        kind="json",
        body=json.dumps({"user": "m", "password": SECRET, "deep": [{"apiKey": SECRET}]}),
        auth="basic",
        user="m",
        password=SECRET,
    )
    assert Entry.objects.get().status == 200
    assert SECRET in str(listener.requests)  # it was sent
    assert SECRET not in everything_kept()
    assert "X-Ok: 1" in Entry.objects.get().request["headers"]


def test_a_masked_secret_is_not_sent_by_mistake(maya, shop, listener):
    html = send(maya, headers="Authorization: ••••")
    assert "replaces a secret that was not stored" in html and listener.requests == []


def test_saving_shares_without_secrets(maya, vera_looks, shop):
    response = maya.post(
        "/playground/save/",
        {
            "worker": "shop",
            "path": "/quote",
            "headers": f"Authorization: {SECRET}",
            "auth": "bearer",
            "token": "{{token}}",
            "saved_name": "Quote",
            "collection": "Checkout smoke",
        },
    )
    assert response.status_code == 302 and SECRET not in everything_kept()
    html = vera_looks.get(response.url).content.decode()
    assert "Checkout smoke" in html and 'value="/quote"' in html
    assert "Authorization: ••••" in html and "{{token}}" in html


def test_a_saved_check_is_a_check_of_a_suite(maya, shop):
    sent = {"with_check": "1", "check.status": "201", "check.contains": "hell", "collection": "s"}
    url = maya.post("/playground/save/", {"worker": "shop", "path": "/", "key": "k"} | sent).url
    saved = Saved.objects.get()
    [check] = saved.suite.edits.get().document["checks"]
    assert saved.suite.name == "s" and check["name"] == saved.check_name == "GET /"
    assert check["assert"] == [{"status": 201}, {"text": "hell"}]
    assert check["request"] == {"method": "GET", "path": "/", "key": "k"}
    html = send(maya, saved=str(saved.id))
    assert "1 of 2 pass" in html and "status: expected 201; was 200." in html
    assert url == f"/playground/r/{saved.id}/"
    assert "Edit its assertions there" in maya.get(url).content.decode()


def test_a_check_that_is_none_is_not_saved_and_stays_typed(maya, shop):
    sent = {"worker": "shop", "path": "/typed", "with_check": "1", "check.path": "$["}
    html = maya.post("/playground/save/", sent, follow=True).content.decode()
    assert "is not a JSONPath" in html and 'value="/typed"' in html
    assert not Saved.objects.exists()


def test_viewers_save_requests_and_no_checks(vera_looks, shop):
    sent = {"worker": "shop", "path": "/"}
    assert vera_looks.post("/playground/save/", sent).status_code == 302
    assert vera_looks.post("/playground/save/", sent | {"with_check": "1"}).status_code == 403
    assert Saved.objects.get().suite is None


def test_its_maker_or_an_operator_removes_what_is_shared(maya, vera_looks, shop):
    maya.post("/playground/save/", {"worker": "shop", "path": "/"})
    url = f"/playground/r/{Saved.objects.get().id}/remove"
    assert vera_looks.post(url).status_code == 403
    assert maya.post(url).status_code == 302 and not Saved.objects.exists()


def test_what_went_wrong_is_kept_too(maya, shop, listener):
    listener.raw = b"no HTTP\r\n\r\n"
    send(maya)
    entry = Entry.objects.get()
    assert entry.status is None and entry.problem[0] == "The answer is broken"
    assert b"The answer is broken" in maya.get(f"/playground/r/{entry.id}/").content


def test_a_body_is_downloaded_and_never_shown_as_a_page(maya, shop, listener):
    listener.body = b"<script>alert(1)</script>"
    listener.headers = [("content-type", "text/html")]
    html = send(maya)
    assert "<script>alert" not in html and "&lt;script&gt;alert(1)" in html
    response = maya.get(f"/playground/r/{Entry.objects.get().id}/body")
    assert response.content == listener.body
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment")
    assert "sandbox" in response["Content-Security-Policy"]


def test_old_and_surplus_entries_go(maya, shop, monkeypatch):
    monkeypatch.setattr("dashboard.playground.send.history.MOST", 3)
    for i in range(5):
        send(maya, path=f"/{i}")
    assert set(Entry.objects.values_list("path", flat=True)) == {"/2", "/3", "/4"}


def test_a_minute_has_its_limit_for_each_person(maya, vera_looks, shop, listener, settings):
    settings.PLAYGROUND_PER_MINUTE = 2
    send(maya)
    send(maya)
    assert "Rate limit reached. Try again in" in send(maya) and len(listener.requests) == 2
    assert "200 OK" in send(vera_looks)


def test_a_viewer_sends_no_method_that_acts(vera_looks, shop, listener):
    response = vera_looks.post("/playground/", {"worker": "shop", "method": "POST", "path": "/"})
    assert response.status_code == 403 and b"Viewers send GET and HEAD" in response.content
    assert listener.requests == [] and not Entry.objects.exists()


def test_variables_are_put_in_and_secrets_come_back_masked(maya, vera_looks, shop, listener):
    url = "/playground/variables/shop/"
    assert maya.post(url, {"name": "t", "value": SECRET, "secret": "1"}).status_code == 302
    maya.post(url, {"name": "id", "value": "88"})
    assert SECRET not in Variable.objects.get(name="t").sealed
    assert SECRET.encode() not in maya.get(url).content
    listener.body = f"you sent {SECRET}".encode()
    html = send(maya, path="/basket/{{id}}", headers="x-token: {{ t }}")
    assert listener.requests[0][1] == "/basket/88"
    assert ("x-token", SECRET) in listener.requests[0][2]
    assert SECRET not in html and SECRET not in everything_kept() and "you sent ••••" in html
    assert "No variable {{t}}" in send(vera_looks, headers="x-token: {{t}}")
    assert vera_looks.post(url, {"name": "x", "value": "1"}).status_code == 403


def test_an_unknown_variable_is_said_and_nothing_sent(maya, shop, listener):
    assert "No variable {{nope}}" in send(maya, path="/{{nope}}") and listener.requests == []


@pytest.mark.parametrize("name", ["", "a b", "1a", "a" * 64, "{{x}}"])
def test_a_variable_has_a_plain_name(maya, shop, name):
    response = maya.post("/playground/variables/shop/", {"name": name, "value": "1"})
    assert response.status_code == 422 and not Variable.objects.exists()


@pytest.mark.parametrize("wrong", [{"method": "NO SUCH METHOD AT ALL"}, {"path": "/a\nb"}])
def test_what_cannot_be_sent_is_not_saved(maya, shop, wrong):
    response = maya.post("/playground/save/", {"worker": "shop", "path": "/"} | wrong)
    assert response.status_code == 302 and not Saved.objects.exists()


@pytest.mark.parametrize(
    ("place", "fields"),
    [
        ("", {"path": "/\0", "key": "\0", "raw": "\0", "mode": "raw", "hn": "\0", "user": "\0"}),
        ("verdict/", {"version": "\0", "version.\0": "\0", "method": "\0"}),
        ("save/", {"path": "/", "saved_name": "\0", "collection": "\0", "check.contains": "\0"}),
        ("import/", {"curl": "curl http://shop/ -d '\0'"}),
        ("many/", {"count": "\0", "method": "\0", "path": "/\0"}),
        ("compare/", {"path": "/\0"}),
        ("variables/shop/", {"name": "x", "value": "\0"}),
        ("keys/", {"keys": "\0", "prefix": "\0"}),
    ],
)
def test_no_nul_reaches_the_database(maya, shop, place, fields):
    seen = []

    def look(run, sql, params, many, context):
        seen.append(params)
        return run(sql, params, many, context)

    with connection.execute_wrapper(look):
        response = maya.post(f"/playground/{place}", {"worker": "shop"} | fields)
        maya.get(f"/playground/{place}", {"worker": "a\0", "version": "\0"})
        maya.get("/playground/variables/a%00/")
    assert response.status_code < 500
    assert "\0" not in "".join(map(str, seen)) and "\\x00" not in repr(seen)


def test_what_is_not_saved_is_not_lost(maya, shop):
    sent = {"worker": "shop", "path": "no-slash", "headers": "x-one: 1"}
    html = maya.get(maya.post("/playground/save/", sent).url).content.decode()
    assert "Not saved" in html and 'value="no-slash"' in html and "x-one: 1" in html


def test_a_command_that_is_not_imported_is_not_lost(maya, shop):
    response = maya.post("/playground/import/", {"worker": "shop", "curl": "curl 'http://x"})
    html = response.content.decode()
    assert response.status_code == 422 and "A single quote does not close." in html
    assert "curl &#x27;http://x</textarea>" in html


def test_a_saved_that_is_none_is_ignored(maya, shop):
    send(maya, method="POST", body="a\ufffdb", saved="x" * 36)
    assert Entry.objects.get().request["body"] == "a\ufffdb"


@pytest.mark.parametrize("body", ["=" + "a" * 250_000, "a" * 250_000 + "=", "a=?" * 80_000])
def test_masking_takes_no_longer_than_the_body_is_long(body):
    began = time.process_time()
    compose("shop", {"method": "POST", "body": body}).stored()
    assert time.process_time() - began < 1


def test_pairs_are_masked_wherever_they_stand():
    body = "a=1&token=x&b?key=y=z&c#pwd=p&=q"
    kept = compose("shop", {"method": "POST", "body": body}).stored()["body"]
    assert kept == "a=1&token=••••&b?key=••••&c#pwd=••••&=q"
