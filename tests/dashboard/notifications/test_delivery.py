"""Mail and webhooks by real servers on loopback: at least once, with back-off, escaped, signed."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.notifications.delivery import send_due as sending
from dashboard.notifications.delivery.send_due import send_due, try_again
from dashboard.notifications.events import Event
from dashboard.notifications.models import Delivery, Webhook
from dashboard.notifications.settings import webhooks
from tests.factories import T0

EVIL = "<script>alert(1)</script><!channel> \"'& =1"


@pytest.fixture
def make_hook(hook, db):
    def make(kind="signed", **given):
        fields = {"name": kind, "kind": kind, "worker": "", "events": []} | given
        url = f"http://127.0.0.1:{hook.port}/hook?key=s3cret"
        by = Actor(None, "shell", T0)
        return webhooks.create(url=url, by=by, **fields)

    return make


def test_mail_is_text_and_html_with_everything_escaped(people, happen, mailbox, settings):
    settings.PUBLIC_URL = "https://sluice.example.com"
    happen(
        Event.MENTION,
        worker=EVIL,
        by=people["ada"],
        people=[people["rita"]],
        facts={"comment": f"{EVIL}\nsecond line"},
        link="/workers/shop/",
    )
    assert send_due(T0) == 1
    (mail,) = mailbox.messages
    assert mail["To"] == "rita <rita@example.com>"
    assert mail["Subject"] == f"[Sluice] ada mentions you on {EVIL}"
    text = mail.get_body(("plain",)).get_content()
    html = mail.get_body(("html",)).get_content()
    assert EVIL in text and "https://sluice.example.com/workers/shop/" in text
    assert "<script" not in html and "&lt;script&gt;" in html
    assert 'href="https://sluice.example.com/workers/shop/"' in html
    assert Delivery.objects.get().state == "sent"
    assert str(Delivery.objects.get().key) in mail["Message-ID"]


def test_a_line_break_ends_no_header(people, happen, mailbox):
    facts = {"actor": "ada\r\nBcc: all@example.com"}
    happen(Event.REVIEW_REQUESTED, worker="shop", people=[people["rita"]], facts=facts)
    assert send_due(T0) == 1
    (mail,) = mailbox.messages
    assert mail["Bcc"] is None and "ada Bcc: all@example.com" in mail["Subject"]


def test_a_refused_mail_is_tried_again_with_the_same_id_until_it_is_given_up(
    people, happen, mailbox, monkeypatch
):
    monkeypatch.setattr(sending, "MOST_ATTEMPTS", 3)
    mailbox.refusal = "451 later"
    happen(Event.MENTION, worker="shop", people=[people["rita"]])
    now = T0
    assert send_due(now) == 0 and send_due(now + timedelta(seconds=1)) == 0
    row = Delivery.objects.get()
    assert (row.attempts, row.due_at) == (1, T0 + timedelta(seconds=10))
    assert "451" in row.problem
    for _ in range(2):
        now += timedelta(hours=2)
        send_due(now)
    assert Delivery.objects.get().state == "failed"
    mailbox.refusal = ""
    assert try_again([row.pk], now) == 1 and send_due(now) == 1
    assert str(row.key) in mailbox.messages[0]["Message-ID"]
    assert Delivery.objects.get().problem == ""


def test_back_off_grows_to_an_hour():
    waits = [sending.wait_after(n).total_seconds() for n in (1, 2, 3, 20, 1000)]
    assert waits == [10, 20, 40, 3600, 3600]


def test_a_killed_sender_leaves_a_claim_that_runs_out(people, happen, mailbox):
    happen(Event.MENTION, worker="shop", people=[people["rita"]])
    row = Delivery.objects.get()
    assert sending._claim(row, T0)  # and then it is killed
    assert send_due(T0 + timedelta(seconds=5)) == 0
    assert send_due(T0 + sending.LEASE + timedelta(seconds=1)) == 1
    assert len(mailbox.messages) == 1


def test_a_dead_mail_server_holds_up_no_webhook(people, happen, hook, make_hook, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    make_hook()
    happen(Event.HARM, worker="shop")
    assert send_due(T0) == 1
    assert len(hook.requests) == 1
    tried = Delivery.objects.filter(webhook=None, attempts=1).count()
    assert tried == 1  # the other mails did not wait for its time-out in turn


def test_a_signed_webhook_is_what_the_standard_says(people, happen, hook, make_hook):
    _, secret = make_hook()
    event = happen(Event.HARM, worker="shop", facts={"reason": EVIL}, link="/workers/shop/")
    assert send_due(T0) >= 1
    (request,) = hook.requests
    body = json.loads(request.body)
    assert body["type"] == "rollout.harm" and body["data"]["worker"] == "shop"
    assert body["data"]["facts"]["reason"] == EVIL and body["timestamp"] == event.at.isoformat()
    key = base64.b64decode(secret.removeprefix("whsec_"))
    name = request.headers["webhook-id"]
    signed = f"{name}.{request.headers['webhook-timestamp']}.".encode() + request.body
    mac = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert request.headers["webhook-signature"] == f"v1,{mac}"


def test_slack_gets_no_link_and_no_mention_of_a_channel_from_a_text(happen, hook, make_hook):
    make_hook("slack")
    happen(Event.HARM, worker="shop", facts={"reason": EVIL}, link="/workers/shop/")
    send_due(T0)
    text = json.loads(hook.requests[0].body)["text"]
    assert "<!channel>" not in text and "&lt;!channel&gt;" in text
    assert text.count("<") == 1 and text.endswith("/workers/shop/|Open in Sluice>")


def test_a_webhook_gets_only_its_worker_and_events(happen, hook, make_hook):
    from tests.factories import make_worker

    make_worker("shop")
    make_hook(worker="shop", events=["rollout.harm"])
    make_hook("slack")
    Webhook.objects.filter(name="slack").update(enabled=False)
    happen(Event.HARM, worker="other")
    happen(Event.HELD, worker="shop")
    happen(Event.HARM, worker="shop")
    assert Delivery.objects.exclude(webhook=None).count() == 1


def test_a_failing_webhook_is_visible_without_its_address(client, people, happen, hook, make_hook):
    make_hook()
    hook.status = 500
    happen(Event.HARM, worker="shop", now=timezone.now())
    send_due(timezone.now())
    client.force_login(people["ada"])
    page = client.get("/notifications/").content.decode()
    assert "answered 500" in page and "s3cret" not in page and "/hook?" not in page
    client.force_login(people["vera"])
    assert b"answered 500" not in client.get("/notifications/").content


def test_hosts_off_the_list_are_refused_when_made_and_when_sent(
    client, people, happen, hook, make_hook, settings
):
    make_hook()
    settings.EXPORT_HOSTS = {"example.com"}
    happen(Event.HARM, worker="shop")
    send_due(T0)
    assert hook.requests == []
    assert "SLUICE_EXPORT_HOSTS" in Delivery.objects.exclude(webhook=None).get().problem
    client.force_login(people["ada"])
    given = {"name": "x", "kind": "slack", "url": f"http://127.0.0.1:{hook.port}/"}
    answer = client.post("/notifications/new/", given)
    assert answer.status_code == 422 and Webhook.objects.count() == 1
