"""manage.py second_factor list | remove NAME"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import User
from dashboard.accounts.sign_in.second_factor import factor_names, remove_all


class Command(BaseCommand):
    help = "Lists second factors, or removes those of a person who lost their device."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("list", help="people and their second factors")
        remove = actions.add_parser("remove", help="also signs the person out everywhere")
        remove.add_argument("name")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        getattr(self, f"_{action}")(**options)

    def _list(self, **options: Any) -> None:
        for user in User.objects.filter(is_active=True, by_token_only=False).order_by("username"):
            self.stdout.write(f"{user.username}: {', '.join(factor_names(user)) or 'none'}")

    def _remove(self, *, name: str, **options: Any) -> None:
        user = User.objects.filter(username=name).first()
        if user is None:
            raise CommandError(f"There is no person called {name}.", returncode=2)
        count = remove_all(user, Actor(actor=None, source="shell", now=timezone.now()))
        plural = "" if count == 1 else "s"
        self.stdout.write(f"{name}: {count} second factor{plural} removed.")
