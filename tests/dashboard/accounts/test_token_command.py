from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from dashboard.accounts.models import Role, Token
from dashboard.accounts.tokens import hash_token
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def run(*arguments):
    out = StringIO()
    call_command("token", *arguments, stdout=out)
    return out.getvalue().splitlines()


def test_the_token_stands_alone_on_the_last_line_and_is_kept_as_a_hash():
    make_user("root", Role.ADMIN)
    *_, secret = run("create", "--name", "ci")
    token = Token.objects.get()
    assert token.sha256 == hash_token(secret) and secret not in str(token.__dict__)
    assert (token.name, token.user.username) == ("ci", "root")
    assert token.scopes == ["read", "deploy", "admin"]


def test_a_token_can_be_someones_and_narrow():
    make_user("root", Role.ADMIN)
    make_user("bob")
    run("create", "--name", "ro", "--user", "bob", "--scope", "read")
    assert (Token.objects.get().user.username, Token.objects.get().scopes) == ("bob", ["read"])


def test_an_unknown_person_is_named():
    with pytest.raises(CommandError, match="called 'nobody'"):
        run("create", "--name", "x", "--user", "nobody")


def test_a_revoked_token_leaves_the_list():
    make_user("root", Role.ADMIN)
    run("create", "--name", "old")
    assert len(run("list")) == 1
    run("revoke", "--name", "old")
    assert run("list") == [] and Token.objects.get().revoked_on is not None
    with pytest.raises(CommandError, match="No token in use"):
        run("revoke", "--name", "old")
