"""People of every kind, a mail server and a web server on loopback."""

import pytest
from django.db import transaction

from dashboard.accounts.models import Role
from dashboard.notifications.delivery.fan_out import fan_out_all
from dashboard.notifications.notify import notify
from tests.factories import T0, make_user
from tests.mail_server import mail_server
from tests.receiver import receiver


@pytest.fixture
def people(db):
    """ada is admin, rita reviews, olga operates, vera looks, ci is a machine, gone is off."""
    cast = {
        "ada": Role.ADMIN,
        "rita": Role.REVIEWER,
        "olga": Role.OPERATOR,
        "vera": Role.VIEWER,
        "ci": Role.OPERATOR,
        "gone": Role.ADMIN,
    }
    made = {name: make_user(name, role) for name, role in cast.items()}
    for name, person in made.items():
        person.email = f"{name}@example.com"
        person.by_token_only, person.is_active = name == "ci", name != "gone"
        person.save()
    return made


@pytest.fixture
def happen(db):
    """Notifies in a transaction and fans out."""

    def happen(event, *, now=T0, **given):
        with transaction.atomic():
            made = notify(event, now=now, **given)
        fan_out_all(now)
        made.refresh_from_db()
        return made

    return happen


@pytest.fixture
def mailbox(settings):
    with mail_server() as mailbox:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mailbox.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        yield mailbox


@pytest.fixture
def hook(settings):
    with receiver() as server:
        settings.EXPORT_HOSTS = {"127.0.0.1"}
        yield server
