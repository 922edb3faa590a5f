"""May this person do this, and if not, who can?"""

import pytest
from django.contrib.auth.models import AnonymousUser

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import permission
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_a_role_includes_those_before_it():
    assert permission(make_user("ada", Role.ADMIN), Role.OPERATOR)
    assert permission(make_user("maya", Role.OPERATOR), Role.OPERATOR)


def test_a_refusal_names_who_can():
    make_user("jonas", Role.REVIEWER)
    make_user("maya", Role.OPERATOR)
    make_user("gone", Role.ADMIN, is_active=False)
    denied = permission(make_user("vera", Role.VIEWER), Role.OPERATOR)
    assert not denied
    assert denied.why == "You are a viewer. Operators: jonas, maya."


def test_many_names_are_cut_short():
    for name in "abcdef":
        make_user(name, Role.OPERATOR)
    denied = permission(make_user("vera", Role.VIEWER), Role.OPERATOR)
    assert denied.why.endswith("a, b, c, d and others.")


def test_nobody_can_is_said_too():
    denied = permission(make_user("maya", Role.OPERATOR), Role.ADMIN)
    assert denied.why == "You are an operator. No one has the admin role yet."


def test_a_stranger_may_nothing():
    assert not permission(AnonymousUser(), Role.VIEWER)
