"""manage.py token create --name N [--user U] [--scope S]…"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dashboard.accounts.models import Role, Token, User, create_token


class Command(BaseCommand):
    help = "Creates, lists, revokes API tokens. A new one is shown once, alone on the last line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="make a token for wrangler, an SDK or curl")
        create.add_argument("--name", required=True)
        create.add_argument("--user", help="whose token; default: the first admin")
        create.add_argument(
            "--scope", action="append", choices=Token.Scope.values, help="default: all scopes"
        )
        actions.add_parser("list", help="names and hints of the tokens in use")
        revoke = actions.add_parser("revoke", help="end a token at once")
        revoke.add_argument("--name", required=True)

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        getattr(self, f"_{action}")(**options)

    def _create(
        self, *, name: str, user: str | None, scope: list[str] | None, **options: Any
    ) -> None:
        owner = self._owner(user)
        _, secret = create_token(user=owner, name=name, scopes=scope or list(Token.Scope.values))
        self.stdout.write(f"Token {name!r} of {owner.username}; it is not shown again:")
        self.stdout.write(secret)

    def _list(self, **options: Any) -> None:
        for token in Token.objects.filter(revoked_on=None).select_related("user"):
            scopes = ", ".join(token.scopes)
            self.stdout.write(f"{token.hint}…  {token.name}  {token.user.username}  {scopes}")

    def _revoke(self, *, name: str, **options: Any) -> None:
        ended = Token.objects.filter(name=name, revoked_on=None).update(revoked_on=timezone.now())
        if not ended:
            raise CommandError(f"No token in use is called {name!r}; see: manage.py token list")
        self.stdout.write(f"Revoked {ended} token(s) called {name!r}.")

    def _owner(self, username: str | None) -> User:
        people = User.objects.filter(is_active=True)
        found = (
            people.filter(username=username)
            if username
            else people.filter(role=Role.ADMIN).order_by("id")
        ).first()
        if found is None:
            who = f"called {username!r}" if username else "with the role admin"
            raise CommandError(f"There is no active person {who}.")
        return found
