"""The cast of the pages' tests: maya operates, vera may only look."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from dashboard.accounts.models import Role
from dashboard.limits import rates
from dashboard.observability.queries import sparkline
from dashboard.observability.requests import coverage
from tests.factories import make_user


@pytest.fixture(autouse=True)
def plain_static_files(settings: Any) -> None:
    """Pages name files as they are: nobody collected and hashed them for a test."""
    settings.STATIC_ROOT.mkdir(exist_ok=True)
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


@pytest.fixture(autouse=True)
def no_lines_of_other_tests() -> None:
    """The last hour is kept for a minute; each test has its own."""
    sparkline.forget()
    coverage.forget()


@pytest.fixture(autouse=True)
def no_counts_of_other_tests() -> None:
    """Limits count by person, and the first one of each test has the same key; those of allauth
    count in the cache."""
    rates.forget_all()
    cache.clear()


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    """Hashing slowly on purpose is Django's business and tested there."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def no_minute_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is here is noted once a minute, which would be a query more where a test counts them and
    the machine is slow."""
    monkeypatch.setattr("dashboard.accounts.last_seen_middleware.SEEN_EVERY", timedelta(days=1))
    monkeypatch.setattr("dashboard.accounts.sign_in.browsers.ACTIVE_EVERY", timedelta(days=1))


@pytest.fixture
def maya(db: None) -> Client:
    """An operator, signed in."""
    client = Client()
    client.force_login(make_user("maya", Role.OPERATOR))
    return client


@pytest.fixture
def vera(db: None) -> Client:
    """A viewer, signed in."""
    client = Client()
    client.force_login(make_user("vera", Role.VIEWER))
    return client
