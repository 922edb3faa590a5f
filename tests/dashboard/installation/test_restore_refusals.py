"""Backups that `sluice restore` refuses before it changes anything."""

import pytest
from django.db import connection

from dashboard.installation import messages
from dashboard.installation.backup.archive import About, BackupFailed
from dashboard.installation.backup.restore import _check
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def about(**changes):
    facts = {"version": "9.0", "created_at": "", "vendor": connection.vendor, "migrations": []}
    return About(**facts | {"has_keys": True, "rows": {}} | changes)


def refusal(backup, *, overwrite):
    with pytest.raises(BackupFailed) as refused:
        _check(backup, overwrite=overwrite)
    return str(refused.value)


def test_a_backup_of_another_kind_of_database():
    other = "sqlite" if connection.vendor == "postgresql" else "postgresql"
    expected = messages.other_vendor(other, connection.vendor)
    assert refusal(about(vendor=other), overwrite=True) == expected


def test_a_backup_of_a_newer_release():
    backup = about(migrations=["routing.9999_of_the_next_release"])
    expected = messages.newer_release("9.0", "routing.9999_of_the_next_release")
    assert refusal(backup, overwrite=True) == expected


def test_a_database_with_users_is_replaced_only_when_asked():
    _check(about(), overwrite=False)
    make_user("ada")
    assert refusal(about(), overwrite=False) == messages.IN_USE
    _check(about(), overwrite=True)
