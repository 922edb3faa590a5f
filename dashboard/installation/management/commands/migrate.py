"""manage.py migrate: Django's, one at a time. Two at once would apply the same migration twice."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate

from dashboard.installation.locks import MIGRATE, installation_lock


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        with installation_lock(MIGRATE):
            super().handle(*args, **options)
