"""How often something may be guessed, from where, and what people are told."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.hashers import check_password, make_password
from django.utils import timezone

from dashboard.accounts.attempts import counts
from dashboard.accounts.attempts.limits import AttemptLimit
from dashboard.accounts.attempts.messages import try_again
from dashboard.accounts.attempts.models import AttemptCount
from dashboard.accounts.models import Session
from tests.factories import make_user

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
LIMIT = AttemptLimit("test", 3, timedelta(seconds=60))


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """Stands still: none of this depends on how long a test takes."""
    now = timezone.now()
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)


def seconds(n):
    return timedelta(seconds=n)


@pytest.mark.django_db
def test_some_at_once_and_then_one_every_so_often():
    assert [counts.take(LIMIT, "a", NOW) for _ in range(5)] == [0, 0, 0, 60, 60]
    assert counts.take(LIMIT, "b", NOW) == 0
    assert counts.take(LIMIT, "a", NOW + seconds(18)) == 42
    assert counts.take(LIMIT, "a", NOW + seconds(60)) == 0
    assert counts.take(LIMIT, "a", NOW + seconds(60)) == 60
    counts.give_back(LIMIT, "a")
    assert counts.take(LIMIT, "a", NOW + seconds(60)) == 0
    counts.forget(LIMIT, "a")
    assert [counts.take(LIMIT, "a", NOW) for _ in range(4)] == [0, 0, 0, 60]


@pytest.mark.django_db
def test_rows_name_nobody_and_go_when_they_mean_nothing():
    counts.take(LIMIT, "203.0.113.1", NOW)
    assert "203.0.113" not in AttemptCount.objects.get().key
    counts.take(LIMIT, "b", NOW + seconds(61))
    assert AttemptCount.objects.count() == 1


@pytest.mark.django_db
def test_refusing_costs_one_read(django_assert_num_queries):
    for _ in range(3):
        counts.take(LIMIT, "a", NOW)
    with django_assert_num_queries(1):
        assert counts.take(LIMIT, "a", NOW) == 60


def test_the_words():
    assert try_again(1) == "Too many attempts. Try again in 1 second."
    assert try_again(42) == "Too many attempts. Try again in 42 seconds."
    assert try_again(121) == "Too many attempts. Try again in 3 minutes."


def guess(client, name, address="203.0.113.7", password="wrong"):
    form = {"username": name, "password": password}
    return client.post("/accounts/login/", form, REMOTE_ADDR=address)


@pytest.mark.django_db
def test_thirty_names_from_one_address(client):
    make_user("maya")
    answers = [guess(client, f"name-{n}") for n in range(30)]
    assert [a.status_code for a in answers] == [401] * 20 + [429] * 10
    last = answers[-1]
    assert 0 < int(last["Retry-After"]) <= 15
    assert b"Too many attempts. Try again in " in last.content and b"name-29" in last.content
    right = {"password": "pw"}
    assert guess(client, "maya", **right).status_code == 429
    assert guess(client, "maya", "2001:db8::1", **right).status_code == 302


@pytest.mark.django_db
def test_signing_in_gives_the_attempt_back(client):
    make_user("maya")
    for _ in range(30):
        assert guess(client, "maya", password="pw").status_code == 302
        client.post("/accounts/logout/")


@pytest.mark.django_db
def test_many_addresses_guess_at_one_name_and_lock_out_nobody(client):
    maya = make_user("maya")
    answers = [guess(client, "maya", f"198.51.100.{n}").status_code for n in range(52)]
    assert answers == [401] * 50 + [429] * 2
    right = {"password": "pw"}
    assert guess(client, "maya", "203.0.113.9", **right).status_code == 429
    Session.objects.create(
        session_key="a" * 32,
        user=maya,
        address="203.0.113.9",
        expire_date=NOW,
        session_data="",
    )
    assert guess(client, "maya", "203.0.113.9", **right).status_code == 302


@pytest.mark.django_db
def test_links_passkeys_and_tokens_have_a_limit_too(client):
    links = [client.get("/accounts/password/MQ/no-link/").status_code for _ in range(21)]
    assert links == [200] * 20 + [429]
    passkeys = [client.post("/accounts/2fa/webauthn/login/", {}).status_code for _ in range(11)]
    assert passkeys == [302] * 10 + [429]
    wrong = {"authorization": "Bearer slc_wrong"}
    tokens = [client.get("/client/v4/user", headers=wrong) for _ in range(101)]
    assert [t.status_code for t in tokens] == [403] * 100 + [429]
    assert tokens[-1]["Retry-After"] == "1"
    assert tokens[-1].json()["errors"][0]["code"] == 971
    edge = client.get("/edge/v1/snapshot", headers=wrong)
    assert edge.status_code == 429 and edge["Retry-After"] == "1"


def test_passwords_are_hashed_in_a_thread_of_their_own(settings):
    settings.PASSWORD_HASHERS = ["dashboard.accounts.attempts.hashing.PacedHasher"]
    stored = make_password("correct horse battery")
    assert stored.startswith("pbkdf2_sha256$")
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    assert check_password("correct horse battery", stored)
