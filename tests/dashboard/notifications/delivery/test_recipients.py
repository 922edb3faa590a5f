"""Who gets an event and when: roles, what names a person, follows, preferences, quiet hours."""

from datetime import UTC, datetime, time, timedelta

import pytest

from dashboard.notifications.delivery.quiet_hours import quiet_until
from dashboard.notifications.events import EVENTS, Event
from dashboard.notifications.messages import TITLES
from dashboard.notifications.models import Delivery, Follow, InboxItem, OutboxEvent, Preference
from tests.factories import T0


def at(text):
    return datetime.fromisoformat(f"2026-03-10T{text}:00+00:00")


@pytest.mark.parametrize(
    ("now", "begins", "ends", "zone", "until"),
    [
        ("23:30", "22:00", "07:00", "UTC", "2026-03-11T07:00"),
        ("03:00", "22:00", "07:00", "UTC", "2026-03-10T07:00"),
        ("07:00", "22:00", "07:00", "UTC", None),
        ("12:00", "11:00", "13:00", "UTC", "2026-03-10T13:00"),
        ("21:30", "22:00", "07:00", "Europe/Berlin", "2026-03-11T06:00"),
        ("12:00", "09:00", "09:00", "UTC", None),
        ("12:00", "09:00", "17:00", "Mars/Olympus", None),
    ],
)
def test_quiet_hours_end_when_they_should(now, begins, ends, zone, until):
    found = quiet_until(at(now), time.fromisoformat(begins), time.fromisoformat(ends), zone)
    assert found == (datetime.fromisoformat(until).replace(tzinfo=UTC) if until else at(now))


def test_every_event_has_a_title_and_a_kind():
    assert set(TITLES) == set(EVENTS) == set(Event)


def inboxes(event):
    return set(InboxItem.objects.filter(event=event).values_list("person__username", flat=True))


def mails(event):
    return set(Delivery.objects.filter(event=event).values_list("person__username", flat=True))


def test_what_names_people_reaches_them_alone(people, happen):
    event = happen(Event.REVIEW_REQUESTED, worker="shop", people=[people["rita"], None])
    assert (inboxes(event), mails(event)) == ({"rita"}, {"rita"})


def test_harm_reaches_all_who_operate_and_no_machine_or_former_account(people, happen):
    event = happen(Event.HARM, worker="shop", people=[people["olga"]])
    assert inboxes(event) == mails(event) == {"ada", "rita", "olga"}


def test_who_did_it_gets_no_notice_and_followers_do(people, happen):
    Follow.objects.create(person=people["vera"], worker="shop", level="all")
    Follow.objects.create(person=people["olga"], worker="shop", level="all")
    Follow.objects.create(person=people["ada"], worker="other", level="all")
    event = happen(Event.DEPLOYED, worker="shop", by=people["olga"])
    assert (inboxes(event), mails(event)) == ({"vera"}, set())


def test_a_muted_worker_is_silent_but_for_what_names_the_person(people, happen):
    Follow.objects.create(person=people["ada"], worker="shop", level="none")
    assert "ada" not in inboxes(happen(Event.HARM, worker="shop"))
    assert inboxes(happen(Event.MENTION, worker="shop", people=[people["ada"]])) == {"ada"}
    assert "ada" in inboxes(happen(Event.HARM, worker="other"))


def test_preferences_choose_the_channels(people, happen):
    Preference.objects.create(person=people["rita"], channels={Event.MENTION: ["email"]})
    Preference.objects.create(person=people["ada"], channels={Event.MENTION: []})
    event = happen(Event.MENTION, worker="shop", people=[people["rita"], people["ada"]])
    assert (inboxes(event), mails(event)) == (set(), {"rita"})


def test_quiet_hours_delay_mail_and_not_the_inbox_nor_what_is_urgent(people, happen):
    now = at("23:00")
    quiet = {"quiet_from": time(22), "quiet_until": time(7)}
    Preference.objects.create(person=people["rita"], **quiet)
    Preference.objects.create(person=people["ada"], **quiet, urgent_anyway=False)
    later = now + timedelta(hours=8)
    event = happen(Event.ROLLED_BACK, worker="shop", now=now)
    assert inboxes(event) >= {"rita", "ada"}
    assert dict(event.deliveries.values_list("person__username", "due_at")) == {
        "rita": later,
        "ada": later,
        "olga": now,
    }
    event = happen(Event.HARM, worker="shop", now=now)
    due = dict(event.deliveries.values_list("person__username", "due_at"))
    assert (due["rita"], due["ada"]) == (now, later)


def test_an_event_is_fanned_out_once(people, happen):
    from dashboard.notifications.delivery.fan_out import fan_out, fan_out_all

    event = happen(Event.HARM, worker="shop")
    stale = OutboxEvent.objects.get(pk=event.pk)
    assert fan_out(stale, T0) is False and fan_out_all(T0) == 0
    assert InboxItem.objects.count() == 3


@pytest.mark.parametrize("count", [2, 40])
def test_queries_do_not_grow_with_people(db, happen, django_assert_max_num_queries, count):
    from tests.factories import make_user

    for number in range(count):
        make_user(f"p{number}", "operator")
    with django_assert_max_num_queries(16):
        happen(Event.HARM, worker="shop")


def test_one_event_that_fails_holds_up_no_other(people, happen, monkeypatch):
    from dashboard.notifications.delivery import fan_out

    broken = fan_out.recipients_of

    def recipients_of(event, now):
        if event.worker == "broken":
            raise ZeroDivisionError
        return broken(event, now)

    monkeypatch.setattr(fan_out, "recipients_of", recipients_of)
    event = happen(Event.HARM, worker="broken")
    assert event.fanned_out_at is None  # it is looked at again
    assert inboxes(happen(Event.HARM, worker="shop"))
