"""People of the pages, and an account that is connected to the other side."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Role
from dashboard.cloud.accounts.connect import connect
from dashboard.cloud.client.calls import CloudClient
from dashboard.cloud.models import CloudAccount
from tests.dashboard.cloud.conftest import BASE, OtherSide
from tests.factories import make_user


@pytest.fixture(autouse=True)
def never_leaves_this_process(other: OtherSide, monkeypatch: Any) -> None:
    monkeypatch.setitem(CloudClient.__init__.__kwdefaults__, "send", other.send)
    monkeypatch.setattr("dashboard.cloud.provider.cloudflare.READ_BACK", (0.0,))


@pytest.fixture
def root(db: None) -> Client:
    """An admin, signed in."""
    client = Client()
    client.force_login(make_user("root2", Role.ADMIN))
    return client


@pytest.fixture
def account(other: OtherSide) -> CloudAccount:
    return connect(
        slug="shop-prod",
        token=other.token,
        base_url=BASE,
        account_id=django_settings.ACCOUNT_ID,
        by=Actor(None, "shell", timezone.now()),
    )
