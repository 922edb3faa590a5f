"""Runs: who may start what, one at a time, progress, stop, death; and comparisons by the page."""

import json
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.playground.affinity import views
from dashboard.playground.compare import three_sends
from dashboard.playground.compare.models import Compared
from dashboard.playground.runs import runner
from dashboard.playground.runs.models import Run
from dashboard.sending import send as sending
from tests.dashboard.playground.fake_edge import RAY, fake_edge
from tests.factories import make_deployment, make_edge, make_invocation, make_worker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def listener(monkeypatch):
    monkeypatch.setattr(runner, "LOG_WAIT", 0.0)
    monkeypatch.setattr(three_sends, "LOG_WAIT", 0.0)
    with fake_edge() as server:
        yield server


@pytest.fixture
def shop(transactional_db, listener):
    """#2 at 50%; the edge answers every request with #1, and its log says so too."""
    worker = make_worker("shop", versions=2)
    one, two = worker.versions.order_by("number")
    make_deployment(worker, (one, 100))
    made = make_deployment(worker, (two, 50), (one, 50))
    edge = make_edge(proof_url=listener.url, applied_revision=made.revision)
    make_invocation(edge, made, ray=RAY, version_id=str(one.id))
    listener.headers += [("x-sluice-version", str(one.id)), ("x-sluice-deployment", str(made.id))]
    return worker


@pytest.fixture
def launched(monkeypatch):
    """Runs that were started; `carry_out` carries them out in this thread."""
    found = []
    monkeypatch.setattr(runner, "launch", lambda *given: found.append(given) or True)
    return found


def start(client, **sent):
    return client.post("/playground/many/", {"worker": "shop"} | sent)


def test_a_run_sends_as_often_as_asked_and_judges_the_split(maya, shop, listener, launched):
    response = start(maya, count="20", at_once="4", path="/x?y=1")
    runner.carry_out(*launched[0])
    html = maya.get(response["location"]).content.decode()
    assert len(listener.requests) == 20 and {r[1] for r in listener.requests} == {"/x?y=1"}
    run = Run.objects.get()
    assert (run.state, len(run.sent), run.at_once, run.confirmed) == ("done", 20, 4, 1)
    assert "Outside what 50 / 50 makes likely" in html and "confirms 1 of 20" in html
    assert html.count('href="#m-stable"') == 20


def test_the_log_is_believed_over_the_answer(maya, shop, listener, launched):
    other = str(shop.versions.get(number=2).id)
    listener.headers = [(n, other if n == "x-sluice-version" else v) for n, v in listener.headers]
    place = start(maya, count="2")["location"]
    runner.carry_out(*launched[0])
    assert "log contradicts the answers" in maya.get(place).content.decode()


def test_failures_have_a_badge_and_no_answer_is_a_failure_too(maya, shop, listener, launched):
    listener.status = 503
    place = start(maya, count="3")["location"]
    runner.carry_out(*launched[0])
    assert maya.get(place).content.decode().count('href="#m-failed"') == 3
    listener.raw = b"nonsense\r\n\r\n"
    place = start(maya, count="3")["location"]
    runner.carry_out(*launched[1])
    assert "No version answered" in maya.get(place).content.decode()


def test_htmx_gets_the_panel_and_asks_for_its_state(maya, shop, launched):
    html = maya.post(
        "/playground/many/", {"worker": "shop"}, HTTP_HX_REQUEST="true"
    ).content.decode()
    assert html.strip().startswith('<section id="answer"') and 'hx-trigger="every 500ms"' in html
    runner.carry_out(*launched[0])
    place = f"/playground/many/{Run.objects.get().pk}/"
    html = maya.get(place, HTTP_HX_REQUEST="true").content.decode()
    assert html.strip().startswith('<div\n    id="run"') and "hx-trigger" not in html


def test_one_run_at_a_time_and_a_dead_one_makes_room(maya, shop, launched):
    start(maya)
    refused = start(maya)
    assert refused.status_code == 409 and b"run in progress" in refused.content
    Run.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=1))
    assert start(maya).status_code == 302
    assert sorted(Run.objects.values_list("state", flat=True)) == ["died", "running"]


def test_stopping_leaves_the_rest_unsent(maya, shop, listener, launched, monkeypatch):
    monkeypatch.setattr(runner, "BEAT", 0.01)
    place = start(maya, count="1000", at_once="1")["location"]
    listener.before = lambda: maya.post(f"{place}stop") if len(listener.requests) == 1 else None
    runner.carry_out(*launched[0])
    run = Run.objects.get()
    assert run.state == "stopped" and 1 <= len(run.sent) < 1000


def test_viewers_read_and_stop_only_their_own(maya, vera, shop, launched):
    assert start(vera, method="POST").status_code == 403
    place = start(maya)["location"]
    assert vera.get(place).status_code == 200
    assert vera.post(f"{place}stop").status_code == 403
    assert start(vera, method="HEAD").status_code == 302


def test_only_the_latest_runs_of_a_person_are_kept(maya, shop, launched, monkeypatch):
    monkeypatch.setattr("dashboard.playground.runs.views.STORED", 2)
    for _ in range(5):
        start(maya, count="1")
        Run.objects.update(state="done")
    assert Run.objects.count() == 3


def test_numbers_are_kept_within_bounds(maya, shop, launched):
    start(maya, count="99999", at_once="99")
    run = Run.objects.get()
    assert (run.count, run.at_once) == (1000, 32)


def test_secrets_are_not_kept_and_a_masked_request_is_not_sent(maya, shop, launched):
    place = start(maya, headers="authorization: Bearer abc", count="1")["location"]
    assert "abc" not in json.dumps(Run.objects.get().request)
    assert b"Secrets of this request are masked" in maya.get(place).content


def test_the_page_before_a_run_shows_the_request_in_the_address(maya, vera, shop):
    html = vera.get("/playground/many/?worker=shop&path=/cart&count=500").content.decode()
    assert "/cart" in html and "<option selected>500</option>" in html


def test_comparing_pins_three_requests_and_finds_what_differs(maya, shop, listener):
    one, two = shop.versions.order_by("number")
    place = maya.post("/playground/compare/", {"worker": "shop", "path": "/q"})["location"]
    pins = sorted(dict(r[2])["Cloudflare-Workers-Version-Overrides"] for r in listener.requests)
    assert pins == sorted([f'shop="{one.id}"', f'shop="{one.id}"', f'shop="{two.id}"'])
    html = maya.get(place).content.decode()
    assert "No difference." in html and "Another version ran" in html


def test_a_kept_comparison_is_shown_with_the_masks_in_the_address(maya, shop, listener):
    place = maya.post("/playground/compare/", {"worker": "shop"})["location"]
    kept = Compared.objects.get()
    for answer, number in zip(kept.answers, (1, 2, 3), strict=True):
        answer |= {"body": encoded({"n": number, "plan": "tin" if number == 3 else "gold"})}
    kept.save()
    html = maya.get(place).content.decode()
    assert "1 real difference." in html and "gold became tin" in html
    assert "2 real differences." in maya.get(f"{place}?chosen=1").content.decode()
    assert "1 real difference." in maya.get(f"{place}?chosen=1&on=body:$.n").content.decode()


def encoded(document):
    import base64

    return base64.b64encode(json.dumps(document).encode()).decode()


def test_members_for_other_workers_stay_in_the_override(maya, shop, listener):
    sent = {"worker": "shop", "mode": "raw", "raw": 'pricing="x", shop="y"'}
    maya.post("/playground/compare/", sent)
    assert all(
        dict(r[2])["Cloudflare-Workers-Version-Overrides"].startswith('pricing="x"')
        for r in listener.requests
    )
    listener.requests.clear()
    maya.post("/playground/compare/", sent | {"raw": "broken header"})
    assert all("broken" not in str(r[2]) for r in listener.requests)


def test_one_version_alone_cannot_be_compared(maya, vera, db, listener):
    make_deployment(make_worker("solo"))
    response = maya.post("/playground/compare/", {"worker": "solo"})
    assert response.status_code == 409 and b"Only one version is live" in response.content
    assert vera.get("/playground/compare/?worker=solo").status_code == 200
    refused = vera.post("/playground/compare/", {"worker": "solo", "method": "DELETE"})
    assert refused.status_code == 403 and listener.requests == []


def test_workers_that_never_stop_sending_are_cut(maya, shop, listener, launched, monkeypatch):
    monkeypatch.setattr(sending, "DEADLINE", 1.0)
    monkeypatch.setattr(views, "ALL_SECONDS", 1.5)
    listener.tick = b"tick\n"
    began = time.monotonic()
    html = maya.get(maya.post("/playground/compare/", {"worker": "shop"})["location"]).content
    assert html.count(b"Not the whole answer") == 3
    start(maya, count="2", at_once="2")
    runner.carry_out(*launched[0])
    assert [status for _, status, *_ in Run.objects.get().sent] == [200, 200]
    html = maya.post("/playground/keys/", {"worker": "shop", "generate": "40", "as": "check"})
    assert html.status_code == 200 and time.monotonic() - began < 30


def test_a_run_ends_after_ten_minutes(maya, shop, listener, launched, monkeypatch):
    monkeypatch.setattr(sending, "DEADLINE", 0.2)
    monkeypatch.setattr(runner, "LONGEST", 0.5)
    monkeypatch.setattr(runner, "BEAT", 0.1)
    listener.tick = b"tick\n"
    start(maya, count="100", at_once="1")
    runner.carry_out(*launched[0])
    run = Run.objects.get()
    assert run.state == "stopped" and run.problem.startswith("Stopped after") and len(run.sent) < 10
