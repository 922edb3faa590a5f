"""Mail of Workers: from the outbox to a folder or a mail server; uploads, edges and the page."""

from __future__ import annotations

import base64
import email
import json
from contextlib import contextmanager
from datetime import UTC, datetime
from email.policy import default
from types import SimpleNamespace

import pytest
from aiosmtpd.controller import Controller
from django.test import Client
from django.utils import timezone

from dashboard.accounts.models import Role
from dashboard.storage.client import state_client
from dashboard.storage.mail import outbox
from dashboard.storage.mail.compose import MessageInvalid, compose
from dashboard.storage.mail.delivery import look
from routing.compile.workerd.binding_types.send_email import KIND, rules_id
from routing.control.publish import publish
from routing.models import StateBinding, Version
from routing.snapshot import BindingSpec
from tests.dashboard.api.conftest import METADATA, Api
from tests.factories import make_user
from tests.running import free_port

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
ME, OPS = "me@example.com", "ops@example.com"
RULES = {"destination_address": OPS}


@pytest.fixture
def api(olga):
    return Api(olga, ["read", "deploy", "admin"])


@pytest.fixture
def sender(api, settings, tmp_path):
    """The live version of shop sends mail; nothing of other tests waits."""
    settings.WORKER_MAIL, settings.WORKER_MAIL_DIR = "folder", tmp_path / "before"
    binding = {"name": "EMAIL", "type": "send_email", **RULES}
    assert api.put(metadata=METADATA | {"bindings": [binding]}).status == 200
    look(timezone.now())
    settings.WORKER_MAIL_DIR = tmp_path / "mail"
    return Version.objects.get()


def send(form="raw", body=b"", subject="", to=(OPS,), worker="shop"):
    """As `runtime/send_email.js` does."""
    envelope = json.dumps({"form": form, "from": ME, "to": list(to), "subject": subject})
    headers = {"x-email-envelope": base64.b64encode(envelope.encode()).decode()}
    rules = rules_id(worker, BindingSpec(name="EMAIL", type="send_email", options={}))
    client = state_client()
    answer = client.request(KIND, rules, "POST", "/send", headers=headers, content=body)
    assert answer.status_code == 200, answer.text


def raw(subject="Hi", body="Hello"):
    head = f"From: Me <{ME}>\nTo: {OPS}\nSubject: {subject}\nMessage-ID: <1@example.com>\n"
    return f"{head}\n{body}".encode()


FIELDS = {
    "from": {"email": ME, "name": "Me ✉"},
    "to": [OPS, "Ann <ann@example.com>"],
    "cc": [],
    "bcc": ["hidden@example.com"],
    "subject": "Grüße",
    "text": "plain",
    "html": "<b>bold</b>",
    "replyTo": OPS,
    "headers": {"X-Order": "7", "Bcc": "evil@example.com", "Received": "x"},
    "attachments": [
        {
            "filename": "a.bin",
            "type": "application/x-thing",
            "disposition": "attachment",
            "content": base64.b64encode(b"\0\1").decode(),
        }
    ],
}


def test_an_upload_checks_the_rules_and_an_edge_gets_them_signed(api, sender):
    [row] = StateBinding.objects.all()
    assert (row.kind, row.reference) == ("email", "outbox")
    [spec] = publish().workers[0].versions
    [bound] = spec.bindings
    _, rules, capability = bound.secret.reveal().split(":")
    padded = rules + "=" * (-len(rules) % 4)
    decoded = json.loads(base64.urlsafe_b64decode(padded))
    assert decoded == {"worker": "shop", "binding": "EMAIL", **RULES} and len(capability) == 64
    for wrong in ({"destination_address": "ops"}, {"allowed_sender_addresses": "x@y"}):
        binding = {"name": "EMAIL", "type": "send_email", **wrong}
        refused = api.put("blog", metadata=METADATA | {"bindings": [binding]})
        assert refused.refusal == (400, 10026)
    shown = api("GET", f"/workers/scripts/shop/versions/{sender.id}").result["resources"]
    assert shown["bindings"] == [{"name": "EMAIL", "type": "send_email", **RULES}]


def test_mail_goes_to_the_folder_whole_and_once(sender, settings):
    send(body=raw("First"))
    send("fields", json.dumps(FIELDS).encode(), "Grüße", [OPS, "ann@example.com"])
    look(timezone.now())
    look(timezone.now())
    first, second = sorted(settings.WORKER_MAIL_DIR.iterdir())
    assert first.read_bytes().startswith(f"Return-Path: <{ME}>\r\nX-Envelope-To: {OPS}".encode())
    assert first.read_bytes().endswith(b"\r\n\r\nHello") and first.stat().st_mode & 0o777 == 0o600
    mail = email.message_from_bytes(second.read_bytes(), policy=default)
    assert mail["Subject"] == "Grüße" and "Ann <ann@example.com>" in str(mail["To"])
    assert mail["X-Order"] == "7" and "evil" not in second.read_text()
    assert "hidden@example.com" not in str(mail) and mail["Received"] is None
    assert mail.get_body(("plain",)).get_content().strip() == "plain"
    assert mail.get_body(("html",)).get_content().strip() == "<b>bold</b>"
    [file] = mail.iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("a.bin", b"\0\1")
    assert [m.state for m in outbox.recent(2)] == ["sent", "sent"]


def test_without_a_version_that_sends_nothing_is_asked(db, settings, django_assert_num_queries):
    settings.STATE_URL = "unix:/nowhere/state.sock"
    with django_assert_num_queries(1):
        look(timezone.now())


def test_a_folder_that_cannot_be_written_waits(sender, settings, tmp_path):
    (tmp_path / "file").write_text("")
    settings.WORKER_MAIL_DIR = tmp_path / "file" / "mail"
    send(body=raw("Later"))
    look(timezone.now())
    [message] = outbox.recent(1)
    assert (message.state, message.attempts) == ("waiting", 1) and message.error
    outbox.settle(message, "failed")


@contextmanager
def mail_server(settings, answer="250 OK"):
    """On loopback; refuses or takes recipients with `answer`."""
    taken = []

    async def handle_RCPT(server, session, envelope, address, options):
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(server, session, envelope):
        taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.original_content))
        return "250 OK"

    handler = SimpleNamespace(handle_RCPT=handle_RCPT, handle_DATA=handle_DATA)
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.WORKER_MAIL = "smtp"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = controller.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    try:
        yield taken
    finally:
        controller.stop()


def test_the_mail_server_gets_the_envelope_and_every_byte(sender, settings):
    with mail_server(settings) as taken:
        send(body=raw("Dots", ".\n..\rend"), to=[OPS, "blind@example.com"])
        look(timezone.now())
    [(mail_from, recipients, content)] = taken
    assert (mail_from, recipients) == (ME, [OPS, "blind@example.com"])
    assert content.rstrip(b"\r\n").endswith(b"\r\n\r\n.\r\n..\r\nend")
    assert outbox.recent(1)[0].state == "sent"


@pytest.mark.parametrize(
    ("answer", "expected"), [("550 no such user", "failed"), ("450 try later", "waiting")]
)
def test_a_refusal_is_final_or_tried_again(sender, settings, answer, expected):
    with mail_server(settings, answer):
        send(body=raw("Refused"))
        look(timezone.now())
    [message] = outbox.recent(1)
    assert message.state == expected and answer[:3] in message.error
    outbox.settle(message, "failed")


def test_a_server_that_is_away_is_tried_again(sender, settings):
    with mail_server(settings):
        pass
    send(body=raw("Away"))
    look(timezone.now())
    [message] = outbox.recent(1)
    assert message.state == "waiting"
    outbox.settle(message, "failed")


@pytest.mark.parametrize(
    "changed",
    [
        {"subject": "a\nBcc: x@y.z"},
        {"headers": {"X": "a\r\nBcc: x@y.z"}},
        {"headers": {"X\nY": "a"}},
        {"to": [{"email": "a@b.c\nBcc: d@e.f"}]},
        {"from": "nobody"},
        {"from": "ceo@example.com"},
        {"from": {"name": "Me", "email": "a b@"}},
        {"attachments": [{"filename": "a"}]},
    ],
)
def test_fields_that_are_no_mail_are_refused(changed):
    with pytest.raises(MessageInvalid):
        compose(json.dumps(FIELDS | changed).encode(), ME, "<1@e>", datetime.now(UTC))


def client_of(role):
    client = Client()
    client.force_login(make_user(f"a-{role}", role))
    return client


def test_the_page_is_for_operators(sender):
    send(body=raw("Invoice <b>7</b>"))
    send(body=raw("Other Worker"), worker="blog")
    look(timezone.now())
    operator = client_of(Role.OPERATOR)
    html = operator.get("/storage/mail/?worker=shop").content.decode()
    assert "Invoice &lt;b&gt;7&lt;/b&gt;" in html and "Other Worker" not in html
    newest = outbox.recent(1, worker="shop")[0].id
    downloaded = operator.get(f"/storage/mail/{newest}/content/")
    assert downloaded["Content-Type"] == "message/rfc822" and b"Invoice" in downloaded.content
    assert operator.get("/storage/mail/999999999/content/").status_code == 404
    viewer = client_of(Role.VIEWER)
    assert viewer.get("/storage/mail/").status_code == 403
    assert viewer.get(f"/storage/mail/{newest}/content/").status_code == 403
    first = outbox.recent(1)[0]
    assert (
        f'data-message="{first.id}"'
        not in operator.get(f"/storage/mail/?before={first.id}").content.decode()
    )
