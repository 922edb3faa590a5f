"""`sluice setup`: what is missing, once, one process at a time."""

import threading

import pytest
from django.db import connection, connections

from dashboard.accounts.models import User
from dashboard.installation import setup
from dashboard.installation.locks import installation_lock
from dashboard.installation.migrations import unapplied
from routing.file_lock import file_lock


@pytest.mark.django_db
def test_a_second_setup_finds_everything_done(settings, tmp_path, monkeypatch):
    monkeypatch.setattr(setup, "collect_static", lambda: False)
    settings.ADMIN_USER = "ada"
    first, second = setup.set_up(), setup.set_up()
    assert first.first is not None and first.first.username == "ada"
    assert second.first is None and not second.migrations
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_a_migration_that_is_not_applied_is_named():
    assert unapplied() == []
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'routing' AND name LIKE '0014%'")
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) "
            "VALUES ('routing', '9999_of_the_next_release', CURRENT_TIMESTAMP)"
        )
    assert unapplied() == ["routing.0014_add_edge_envoy_end"]


def test_a_lock_is_held_by_one_at_a_time(tmp_path):
    path, order = tmp_path / "new" / "lock", []

    def second():
        with file_lock(path):
            order.append("second")

    waiting = threading.Thread(target=second)
    with file_lock(path):
        waiting.start()
        waiting.join(0.1)
        order.append("first")
    waiting.join(10)
    assert order == ["first", "second"]


def test_a_lock_beside_the_sqlite_file(tmp_path, monkeypatch):
    default = connections["default"]
    monkeypatch.setattr(default, "is_in_memory_db", lambda: False)
    monkeypatch.setitem(default.settings_dict, "NAME", str(tmp_path / "sluice.sqlite3"))
    with installation_lock("migrate"):
        assert (tmp_path / "sluice.sqlite3.migrate.lock").exists()
