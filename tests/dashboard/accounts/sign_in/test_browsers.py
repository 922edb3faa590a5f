"""The browsers of a person, and the idle limit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from dashboard.accounts.models import Session
from dashboard.accounts.sign_in.browsers import device_name, is_idle
from routing.models import AuditEntry
from tests.factories import make_user

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)


def enter(agent: str, name: str = "maya", confirmed: bool = True) -> Client:
    client = Client(HTTP_USER_AGENT=agent)
    client.post("/accounts/login/", {"username": name, "password": "pw"})
    if confirmed:
        client.post("/accounts/reauthenticate/", {"password": "pw"})
    return client


@pytest.fixture
def two():
    make_user("maya")
    return enter(FIREFOX), enter(SAFARI)


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox 140 on Windows"),
        (SAFARI, "Safari 18 on iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Chrome/140.0.0.0", "Chrome 140 on macOS"),
        ("Mozilla/5.0 (X11; Linux) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge 140 on Linux"),
        ("curl/8.1", "curl 8"),
        ("<script>", "Unknown browser"),
    ],
)
def test_a_browser_has_a_name(agent, name):
    assert device_name(agent) == name


def test_each_is_listed_with_device_and_address(two):
    page = two[0].get("/accounts/browsers/").content.decode()
    assert page.index("Firefox 140 on Windows") < page.index("Safari 18 on iPhone")
    assert page.count("This browser") == 1 and "127.0.0.1" in page
    for key in Session.objects.values_list("session_key", flat=True):
        assert key not in page, "whoever reads the page must not get a session"


def test_one_is_ended_and_the_others_stay(two):
    make_user("noor")
    other = enter(FIREFOX, "noor")
    [row] = [r for r in rows(two[0]) if not r.here]
    two[0].post("/accounts/browsers/end/", {"browser": row.id})
    assert [c.get("/workers/").status_code for c in (*two, other)] == [200, 302, 200]
    entry = AuditEntry.objects.get(action="person.sign_out_one")
    assert entry.after == {"device": "Safari 18 on iPhone", "address": "127.0.0.1"}
    page = two[0].post("/accounts/browsers/end/", {"browser": row.id}, follow=True)
    assert b"already signed out" in page.content


def test_all_others_end_at_once(two):
    two[1].post("/accounts/browsers/end/")
    assert [c.get("/workers/").status_code for c in two] == [302, 200]


def test_ending_a_browser_asks_for_the_password_first(two):
    fresh = enter("curl/8", confirmed=False)
    answer = fresh.post("/accounts/browsers/end/")
    assert answer["Location"].startswith("/accounts/reauthenticate/?next=")
    assert [c.get("/workers/").status_code for c in two] == [200, 200]
    done = fresh.post(answer["Location"], {"password": "pw", "next": "/accounts/browsers/end/"})
    assert done["Location"] == "/accounts/browsers/"  # what was asked for is done
    assert [c.get("/workers/").status_code for c in (*two, fresh)] == [302, 302, 200]


def rows(client: Client):
    return client.get("/accounts/browsers/").context["browsers"]


def test_after_the_idle_limit_a_session_ends(two, settings):
    settings.IDLE_LIMIT = timedelta(minutes=30)
    idle, busy = two
    age(idle, 31)
    age(busy, 29)
    answer = idle.get("/playground/")
    assert answer["Location"] == "/accounts/login/?next=/playground/"
    assert b"you were inactive" in idle.get(answer["Location"]).content
    assert busy.get("/workers/").status_code == 200
    age(busy, 29)
    assert busy.get("/workers/").status_code == 200, "a click begins the time again"


@pytest.mark.parametrize("headers", [{"HX-Request": "true"}, {"Sec-Fetch-Dest": "empty"}])
def test_a_page_that_refreshes_itself_is_no_activity(two, settings, headers):
    settings.IDLE_LIMIT = timedelta(minutes=30)
    client = two[0]
    age(client, 20)
    client.get("/workers/", headers=headers)
    assert minutes_idle(client) >= 20
    client.get("/workers/", headers=headers | {"HX-Boosted": "true"})
    assert minutes_idle(client) < 1
    age(client, 20)
    client.get("/workers/")
    assert minutes_idle(client) < 1


def test_without_a_limit_nothing_ends(two, settings):
    assert settings.IDLE_LIMIT is None
    age(two[0], 600)
    assert two[0].get("/workers/").status_code == 200


def test_a_session_of_an_earlier_release_stays(two, settings):
    settings.IDLE_LIMIT = timedelta(minutes=30)
    session = two[0].session
    del session["browser"]
    session.save()
    assert not is_idle({}, datetime.now(UTC))
    assert two[0].get("/workers/").status_code == 200
    assert two[0].session["browser"]["user_agent"] == FIREFOX


def age(client: Client, minutes: int) -> None:
    session = client.session
    noted = session["browser"]
    then = datetime.now(UTC) - timedelta(minutes=minutes)
    session["browser"] = noted | {"active": then.timestamp()}
    session.save()


def minutes_idle(client: Client) -> float:
    then = client.session["browser"]["active"]
    return (datetime.now(UTC).timestamp() - then) / 60
