"""The pool of connections while PostgreSQL refuses them: requests fail at once, and later work."""

import time

import pytest
from django.db import OperationalError
from django.db.backends.postgresql.base import DatabaseWrapper

from dashboard.fleet import connection_pool
from tests.running import free_port

pytestmark = pytest.mark.django_db


@pytest.fixture
def wrapper(monkeypatch):
    """Django's connection to a port where nothing listens."""
    monkeypatch.setattr(DatabaseWrapper, "_connection_pools", {})
    return pooled_wrapper(free_port())


def pooled_wrapper(port, name="x", user="x"):
    options = {**connection_pool.TCP, "pool": connection_pool.options(4)}
    settings = {"NAME": name, "USER": user, "PASSWORD": "", "HOST": "127.0.0.1", "PORT": port}
    defaults = {
        "OPTIONS": options,
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "TIME_ZONE": None,
        "AUTOCOMMIT": True,
        "ATOMIC_REQUESTS": False,
    }
    return DatabaseWrapper(settings | defaults, "away")


def test_a_request_does_not_wait_and_the_next_one_begins_with_a_new_pool(wrapper):
    for _ in range(2):
        began = time.monotonic()
        with pytest.raises(OperationalError):
            wrapper.ensure_connection()
        assert time.monotonic() - began < connection_pool.options(4)["timeout"] - 1
        assert "away" not in DatabaseWrapper._connection_pools
