"""Tokens: who may have which, and how they end."""

from datetime import timedelta

import pytest

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Role, Token, User
from dashboard.accounts.people.changes import PersonConflict
from dashboard.accounts.people.forms import owners
from dashboard.accounts.people.queries import TokenRow, state_of
from dashboard.accounts.tokens import (
    TokenRefused,
    bearer_token,
    create_token,
    hash_token,
    make_token,
    remove,
    revoke,
)
from routing.models import AuditEntry
from tests.factories import T0, make_user, make_worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def maya():
    return make_user("maya", Role.OPERATOR)


def made(owner, name="ci", scopes=("deploy",), by=None, **fields):
    actor = by or owner
    return make_token(
        owner=owner, name=name, scopes=scopes, by=Actor(actor, "dashboard", T0), **fields
    )


def test_a_token_is_kept_as_a_hash_and_the_audit_trail_has_no_secret(maya):
    make_worker("shop")
    token, secret = made(maya, workers=["shop"], expires_on=T0 + timedelta(days=30))
    assert token.sha256 == hash_token(secret) and secret.startswith(token.hint)
    entry = AuditEntry.objects.get(action="token.create")
    assert entry.subject == "ci" and entry.after["workers"] == ["shop"]
    assert secret not in str(entry.after)


@pytest.mark.parametrize(
    ("given", "field", "told"),
    [
        ({"name": " "}, "name", "Enter what"),
        ({"name": "taken"}, "name", "'taken' in use"),
        ({"scopes": ["admin"]}, "scope", "would need the role admin"),
        ({"workers": ["nowhere"]}, "workers", "no Worker called nowhere"),
    ],
)
def test_what_cannot_be_is_refused_by_name(maya, given, field, told):
    made(maya, "taken")
    with pytest.raises(TokenRefused, match=told) as refused:
        made(maya, **given)
    assert refused.value.field == field and Token.objects.count() == 1


def test_a_name_is_free_again_once_its_token_ended(maya):
    token, _ = made(maya)
    assert revoke(token, Actor(maya, "dashboard", T0))
    assert not revoke(token, Actor(maya, "dashboard", T0))
    made(maya)


def test_only_what_opens_nothing_leaves_the_list(maya):
    token, _ = made(maya, expires_on=T0 + timedelta(days=1))
    assert not remove(token, Actor(maya, "dashboard", T0))
    assert remove(token, Actor(maya, "dashboard", T0 + timedelta(days=2)))
    assert not Token.objects.exists()
    assert AuditEntry.objects.filter(action="token.remove").exists()


def test_states(maya):
    token, _ = made(maya, expires_on=T0 + timedelta(days=30))
    at = [state_of(token, T0 + timedelta(days=days)) for days in (1, 17, 30)]
    assert at == ["used", "soon", "expired"]
    token.user.is_active = False
    assert state_of(token, T0) == "off"
    token.revoked_on = T0
    assert state_of(token, T0) == "revoked"


def test_what_it_comes_to_is_the_lower_of_scope_and_role(maya):
    token, _ = create_token(user=maya, name="x", scopes=["read", "admin"])
    row = TokenRow(token, "used")
    assert (row.acts_as, row.wide) == ("operator", True)
    maya.role = Role.VIEWER
    assert (row.acts_as, row.wide) == ("viewer", False)
    token.scopes = []
    assert (row.acts_as, row.wide) == ("no role", False)


def test_an_admin_who_was_demoted_a_moment_ago_makes_none_for_machines():
    ada = make_user("ada", Role.ADMIN)
    robot = User.objects.create_user("ci-bot", role=Role.ADMIN, by_token_only=True)
    User.objects.filter(pk=ada.pk).update(role=Role.VIEWER)
    with pytest.raises(PersonConflict, match="no longer an admin"):
        made(robot, scopes=["admin"], by=ada)
    assert not Token.objects.exists()


def test_a_token_leaves_the_list_once(maya):
    token, _ = made(maya)
    revoke(token, Actor(maya, "dashboard", T0))
    gone = [remove(token, Actor(maya, "dashboard", T0)) for _ in range(2)]
    assert gone == [True, False]
    assert AuditEntry.objects.filter(action="token.remove").count() == 1


def test_nobody_makes_a_token_in_another_persons_name(maya):
    ada = make_user("ada", Role.ADMIN)
    User.objects.create_user("ci-bot", role=Role.OPERATOR, by_token_only=True)
    assert [u.username for u in owners(maya)] == ["maya"]
    assert [u.username for u in owners(ada)] == ["ada", "ci-bot"]


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer abc", "abc"),
        ("bearer  abc ", "abc"),
        ("Basic abc", ""),
        ("Bearer", ""),
        ("Bearer  ", ""),
        ("", ""),
    ],
)
def test_a_token_is_read_from_its_header(header, token):
    assert bearer_token(header) == token
