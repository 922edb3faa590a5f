"""Inbox, preferences and webhooks as pages: one's own only, escaped, bounded queries."""

import pytest
from django.db import transaction

from dashboard.notifications.events import Event
from dashboard.notifications.models import Delivery, Follow, InboxItem, Preference, Webhook
from dashboard.notifications.notify import notify
from dashboard.notifications.settings.preferences import channels_of, preference_of
from routing.models import AuditEntry
from tests.factories import T0, make_worker

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def rita(client, people):
    client.force_login(people["rita"])
    return client


def mention(happen, person, **given):
    given = {"worker": "shop", "link": "/edges/"} | given
    return happen(Event.MENTION, people=[person], **given)


def unread(person):
    return InboxItem.objects.filter(person=person, read_at=None).count()


def test_the_bell_counts_and_opening_reads(rita, people, happen):
    mention(happen, people["rita"])
    mention(happen, people["rita"])
    assert b'aria-label="Inbox, 2 unread"' in rita.get("/workers/").content
    item = InboxItem.objects.filter(person=people["rita"]).first()
    answer = rita.get(f"/inbox/{item.pk}/")
    assert (answer.status_code, answer["Location"]) == (302, "/edges/")
    assert unread(people["rita"]) == 1
    assert b"Inbox, 1 unread" in rita.get("/inbox/bell/").content


def test_all_are_read_but_what_came_meanwhile(rita, people, happen):
    mention(happen, people["rita"])
    newest = InboxItem.objects.latest("pk").pk
    mention(happen, people["rita"])
    rita.post("/inbox/read/", {"newest": newest})
    assert unread(people["rita"]) == 1
    rita.post("/inbox/read/", {"item": newest, "do": "unread"})
    assert unread(people["rita"]) == 2


def test_an_inbox_is_ones_own(rita, people, happen):
    mention(happen, people["ada"], worker="ada-only")
    item = InboxItem.objects.get()
    assert rita.get(f"/inbox/{item.pk}/").status_code == 404
    rita.post("/inbox/read/", {"item": item.pk})
    rita.post("/inbox/read/", {"newest": item.pk})
    assert unread(people["ada"]) == 1
    assert b"ada-only" not in rita.get("/inbox/?show=all").content


def test_texts_are_escaped_in_the_inbox(rita, people, happen):
    mention(happen, people["rita"], worker=EVIL, facts={"comment": EVIL, "text": EVIL})
    page = rita.get("/inbox/").content.decode()
    assert EVIL not in page and "&lt;script&gt;" in page


def test_what_is_pushed_names_nobody(people, happen):
    from dashboard.live.pages import fragments
    from dashboard.live.pages.fragments import UpdateReason

    before = fragments.watch(["inbox:all"])
    mention(happen, people["rita"], worker="secret-plan")
    assert fragments.watch(["inbox:all"]) != before  # seen also by another process's pages
    html = fragments.render("inbox:all", UpdateReason.EDGES).html
    assert "secret-plan" not in html and "rita" not in html and "data-newest" in html


@pytest.mark.parametrize("count", [1, 60])
def test_queries_of_the_inbox_do_not_grow(
    rita, people, happen, django_assert_max_num_queries, count
):
    for _ in range(count):
        mention(happen, people["rita"])
    with django_assert_max_num_queries(8):
        page = rita.get("/inbox/").content
    assert (b"before=" in page) == (count > 50)


def test_preferences_are_saved_as_what_differs(rita, people):
    form = {code: on for code, on in channels_of(preference_of(people["rita"])).items()}
    form[Event.HARM.value] = ["inbox"]
    form |= {"quiet_from": "22:00", "quiet_until": "07:00", "zone": "America/New_York"}
    assert rita.post("/inbox/preferences/", form).status_code == 302
    row = Preference.objects.get(person=people["rita"])
    assert row.channels == {"rollout.harm": ["inbox"]}
    assert (str(row.quiet_from), row.zone, row.urgent_anyway) == (
        "22:00:00",
        "America/New_York",
        False,
    )
    assert b"22:00" in rita.get("/inbox/preferences/").content


@pytest.mark.parametrize(
    ("field", "form"),
    [
        ("quiet_until", {"quiet_from": "22:00"}),
        ("quiet_from", {"quiet_from": "25:99", "quiet_until": "07:00"}),
        ("zone", {"zone": "../../etc/passwd"}),
    ],
)
def test_a_bad_preference_names_its_field_and_saves_nothing(rita, field, form):
    answer = rita.post("/inbox/preferences/", form)
    assert answer.status_code == 422 and answer.context["error"].field == field
    assert not Preference.objects.exists()


def test_a_worker_is_followed_and_left(rita, people):
    make_worker("shop")
    rita.post("/inbox/preferences/follow/", {"worker": "shop", "level": "all"})
    rita.post("/inbox/preferences/follow/", {"worker": "shop", "level": "none"})
    assert Follow.objects.get().level == "none"
    assert rita.post("/inbox/preferences/follow/", {"worker": "no"}).status_code == 422
    rita.post("/inbox/preferences/follow/", {"worker": "shop", "level": ""})
    assert not Follow.objects.exists()


def test_only_admins_change_webhooks_and_the_trail_has_no_address(client, people):
    form = {"name": "chat", "kind": "slack", "url": "http://127.0.0.1:9/T0/s3cret"}
    client.force_login(people["rita"])
    assert client.post("/notifications/new/", form).status_code == 403
    client.force_login(people["ada"])
    assert client.post("/notifications/new/", form).status_code == 302
    webhook = Webhook.objects.get()
    assert "s3cret" not in webhook.sealed_url + webhook.host
    for act in ("test", "pause", "resume"):
        client.post(f"/notifications/{webhook.pk}/", {"do": act})
    assert Delivery.objects.get().webhook == webhook
    client.post(f"/notifications/{webhook.pk}/", {"do": "delete"})
    assert not Webhook.objects.exists()
    trail = list(AuditEntry.objects.filter(action__startswith="notification."))
    assert [e.action.split(".")[1] for e in trail] == ["create", "change", "change", "delete"]
    assert "s3cret" not in str([e.after for e in trail] + [e.before for e in trail])


def test_a_signing_secret_is_shown_once(client, people):
    client.force_login(people["ada"])
    form = {"name": "ci", "kind": "signed", "url": "http://127.0.0.1:9/"}
    assert b"whsec_" in client.post("/notifications/new/", form).content
    assert b"whsec_" not in client.get("/notifications/").content
    assert client.post("/notifications/new/", form).status_code == 422  # the name is taken


def test_a_test_reaches_oneself(rita, people):
    from dashboard.notifications.delivery.fan_out import fan_out_all

    rita.post("/inbox/preferences/test/")
    fan_out_all(T0)
    assert unread(people["rita"]) == 1


def test_nothing_is_left_of_what_was_rolled_back(people):
    from dashboard.notifications.models import OutboxEvent

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        notify(Event.HARM, now=T0, worker="shop")
        raise ZeroDivisionError
    assert not OutboxEvent.objects.exists()
