"""One state process for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Role
from dashboard.storage import namespaces
from routing.state_access import state_key
from tests.dashboard.api.conftest import Api, alice, api, runtime_says_fine
from tests.factories import make_user
from tests.state_process import KEY, state_process

__all__ = ["Api", "alice", "api", "runtime_says_fine"]


@pytest.fixture(scope="session")
def state_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    # A Unix path has at most 107 bytes.
    with state_process(Path(tmp_path_factory.mktemp("state"))) as process:
        yield process.url


@pytest.fixture(autouse=True)
def state(state_url: str, settings: Any) -> None:
    settings.STATE_URL, settings.STATE_KEYS = state_url, [state_key(KEY)]


@pytest.fixture
def olga(db):
    """An admin."""
    return make_user("olga", Role.ADMIN)


@pytest.fixture
def sessions(olga):
    """A KV namespace."""
    return namespaces.create("kv", "SESSIONS", Actor(olga, "api", timezone.now()))


@pytest.fixture
def admin(olga):
    """The same person's browser."""
    client = Client()
    client.force_login(olga)
    return client
