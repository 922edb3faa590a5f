"""Wrong passwords: how many more are taken, and the pause after that."""

from datetime import timedelta
from io import StringIO

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.core.management import call_command
from django.test import RequestFactory
from django.utils import timezone

from dashboard.accounts.passwords import login_throttle
from tests.factories import make_user

pytestmark = pytest.mark.django_db

HERE, ELSEWHERE = "192.0.2.1", "198.51.100.7"
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


class Clock:
    """Stands still until a test moves it."""

    def __init__(self):
        self.time = timezone.now()

    def now(self):
        return self.time


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("django.utils.timezone.now", clock.now)
    monkeypatch.setattr("axes.handlers.proxy.now", clock.now)
    return clock


def sign_in(client, password="wrong", name="maya", address=HERE, **headers):
    fields = {"username": name, "password": password}
    return client.post("/accounts/login/", fields, REMOTE_ADDR=address, headers=headers)


def guess(client, times, **given):
    """The last answer to so many wrong passwords."""
    return [sign_in(client, **given) for _ in range(times)][-1]


def failed(agent, times, ago):
    AccessAttempt.objects.create(
        username="maya", ip_address=HERE, user_agent=agent, failures_since_start=times
    )
    AccessAttempt.objects.filter(user_agent=agent).update(attempt_time=timezone.now() - ago)


def said(response):
    """What the note above the form says."""
    html = " ".join(response.content.decode().split())
    return html.partition('<div class="note')[2].partition("</div>")[0]


def standing():
    return login_throttle.login_attempts_left(
        RequestFactory().post("/accounts/login/", REMOTE_ADDR=HERE), "maya"
    )


def test_each_wrong_password_says_how_many_are_left(client):
    make_user("maya")
    for left in ("4 more tries", "3 more tries", "2 more tries", "1 more try"):
        response = sign_in(client)
        assert response.status_code == 401
        assert f"After {left} there is a 5 minute pause." in said(response)


def test_the_fifth_begins_a_pause_and_says_when_it_ends(client, clock):
    make_user("maya")
    response = guess(client, 5)
    assert response.status_code == 429
    assert response["Retry-After"] == "300"
    text = said(response)
    assert "Wait 5 minutes, until" in text
    assert f"{clock.time + 5 * MINUTE:%H:%M:%S} UTC" in text
    assert "ask an admin for a new link" in text
    assert "is wrong" not in text


def test_the_pause_is_told_in_minutes_begun(client, clock):
    guess(client, 5)
    clock.time += 4 * MINUTE
    assert "Wait 1 minute, until" in said(sign_in(client))


def test_a_pause_refuses_the_right_password_until_it_is_over(client, clock):
    make_user("maya")
    guess(client, 5)
    clock.time += 5 * MINUTE - SECOND
    assert sign_in(client, "pw").status_code == 429
    clock.time += 2 * SECOND
    assert sign_in(client, "pw").status_code == 302


def test_trying_during_the_pause_makes_it_no_longer(client, clock):
    guess(client, 5)
    ends = standing().until
    clock.time += MINUTE
    assert guess(client, 3).status_code == 429
    assert standing().until == ends


def test_signing_in_forgets_the_wrong_passwords(client):
    make_user("maya")
    guess(client, 4)
    sign_in(client, "pw")
    client.post("/accounts/logout/")
    assert "After 4 more tries" in said(sign_in(client))


def test_a_stranger_elsewhere_locks_nobody_out(client):
    make_user("maya")
    assert guess(client, 5, address=ELSEWHERE).status_code == 429
    assert sign_in(client, "pw", address=HERE).status_code == 302


def test_others_at_the_same_address_may_sign_in(client):
    make_user("vera")
    assert guess(client, 5).status_code == 429
    assert sign_in(client, "pw", name="vera").status_code == 302


@pytest.mark.parametrize("header", ["User-Agent", "X-Forwarded-For", "X-Real-IP", "Forwarded"])
def test_no_header_gives_more_tries(client, header):
    answers = [sign_in(client, **{header: f"203.0.113.{n}"}).status_code for n in range(6)]
    assert answers == [401] * 4 + [429] * 2


def test_a_name_that_nobody_has_is_told_the_same(client):
    make_user("maya")
    for _ in range(6):
        known, unknown = sign_in(client), sign_in(client, name="nobody")
        assert known.status_code == unknown.status_code
        assert said(known) == said(unknown) != ""


@pytest.mark.parametrize("given", [{"password": ""}, {"name": "x" * 151}])
def test_what_is_no_try_is_not_counted(client, given):
    assert "After 5 more tries" in said(sign_in(client, **given))


def test_a_browser_that_is_forgotten_ends_the_pause(clock):
    failed("one", 2, 4 * MINUTE)
    failed("two", 3, MINUTE)
    assert standing().until == clock.time + MINUTE


def test_the_pause_goes_on_while_the_rest_is_still_enough(clock):
    failed("one", 1, 4 * MINUTE)
    failed("two", 1, 3 * MINUTE)
    failed("three", 4, 2 * MINUTE)
    assert standing().until == clock.time + 2 * MINUTE


def test_nothing_is_kept_once_the_pause_is_over(client, clock):
    make_user("maya")
    guess(client, 5)
    guess(client, 2, name="nobody", address=ELSEWHERE)
    clock.time += 6 * MINUTE
    sign_in(client, "pw")
    assert [model.objects.count() for model in (AccessAttempt, AccessFailureLog, AccessLog)] == [
        0
    ] * 3


def test_neither_rows_nor_log_hold_what_was_typed(client, caplog):
    make_user("maya")
    typed = {"username": "maya", "password": "hunter2", "csrfmiddlewaretoken": "t0k3n"}
    for _ in range(5):
        client.post("/accounts/login/", typed, REMOTE_ADDR=HERE)
    row = AccessAttempt.objects.values().get()
    assert "hunter2" not in str(row) and "t0k3n" not in str(row)
    assert "hunter2" not in caplog.text and "maya" not in caplog.text
    assert HERE in caplog.text


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("unknown", None),
        ("", None),
    ],
)
def test_what_counts_as_one_place(given, place):
    assert login_throttle.address(RequestFactory().get("/", REMOTE_ADDR=given)) == place


def test_the_many_addresses_of_one_line_give_no_more_tries(client):
    answers = [sign_in(client, address=f"2001:db8:1:2::{n}").status_code for n in range(6)]
    assert answers == [401] * 4 + [429] * 2


def test_tries_from_no_address_are_counted_too(client):
    assert guess(client, 5, address="unknown").status_code == 429


def test_the_settings_leave_nothing_to_complain_about():
    said = StringIO()
    call_command("check", fail_level="WARNING", stdout=said)
    assert "no issues" in said.getvalue()
