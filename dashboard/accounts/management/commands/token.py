"""manage.py token create --name N [--user U] [--scope S]… [--worker W]… [--days D]"""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Role, Token, User
from dashboard.accounts.tokens import TokenRefused, allowed, make_token, revoke

MOST_DAYS = 3650


class Command(BaseCommand):
    help = "Creates, lists, revokes API tokens. A new one is shown once, alone on the last line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="make a token for wrangler, an SDK or curl")
        create.add_argument("--name", required=True)
        create.add_argument("--user", help="whose token; default: the first admin")
        create.add_argument(
            "--scope", action="append", choices=Token.Scope.values, help="default: all they may"
        )
        create.add_argument("--worker", action="append", default=[], help="changes only these")
        create.add_argument("--days", type=int, help="how long it works; default: until revoked")
        actions.add_parser("list", help="names and hints of the tokens in use")
        revoke = actions.add_parser("revoke", help="end a token at once")
        revoke.add_argument("--name", required=True)

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        getattr(self, f"_{action}")(**options)

    def _create(
        self,
        *,
        name: str,
        user: str | None,
        scope: list[str] | None,
        worker: list[str],
        days: int | None,
        **options: Any,
    ) -> None:
        owner, by = self._owner(user), _shell()
        if days is not None and not 1 <= days <= MOST_DAYS:
            raise CommandError(f"--days {days}: expected a number from 1 to {MOST_DAYS}.")
        try:
            _, secret = make_token(
                owner=owner,
                name=name,
                scopes=scope or allowed(owner),
                workers=worker,
                expires_on=by.now + timedelta(days=days) if days else None,
                by=by,
            )
        except TokenRefused as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Token {name!r} of {owner.username}; it is not shown again:")
        self.stdout.write(secret)

    def _list(self, **options: Any) -> None:
        for token in Token.objects.in_use(timezone.now()).select_related("user"):
            scopes, workers = ", ".join(token.scopes), ", ".join(token.workers) or "all Workers"
            until = f"until {token.expires_on:%Y-%m-%d}" if token.expires_on else "until revoked"
            facts = [f"{token.hint}…", token.name, token.user.username, scopes, workers, until]
            self.stdout.write("  ".join(facts))

    def _revoke(self, *, name: str, **options: Any) -> None:
        tokens = Token.objects.in_use(timezone.now()).filter(name=name).select_related("user")
        ended = sum(revoke(token, _shell()) for token in tokens)
        if not ended:
            raise CommandError(f"No token in use is called {name!r}; see: manage.py token list")
        self.stdout.write(f"Revoked {ended} token(s) called {name!r}.")

    def _owner(self, username: str | None) -> User:
        people = User.objects.filter(is_active=True)
        user = (
            people.filter(username=username)
            if username
            else people.filter(role=Role.ADMIN, by_token_only=False).order_by("id")
        ).first()
        if user is None:
            who = f"called {username!r}" if username else "with the role admin"
            raise CommandError(f"There is no active person {who}.")
        return user


def _shell() -> Actor:
    return Actor(actor=None, source="shell", now=timezone.now())
