"""Roles by the groups of an OpenID Connect provider."""

import pytest

from dashboard.accounts.models import Role
from dashboard.accounts.sign_in.role_mapping import parse_roles, role_of

ROLES = parse_roles("platform=admin, developers=operator")


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({"groups": ["developers"]}, Role.OPERATOR),
        ({"groups": ["developers", "platform", "x"]}, Role.ADMIN),
        ({"groups": "platform"}, Role.ADMIN),
        ({"groups": ["Platform"]}, Role.VIEWER),
        ({"groups": [{"name": "platform"}, 7, None]}, Role.VIEWER),
        ({}, Role.VIEWER),
    ],
)
def test_the_highest_role_counts_and_else_the_default(claims, role):
    assert role_of(claims, "groups", ROLES, Role.VIEWER) is role


def test_without_a_default_nobody_else_comes_in():
    assert role_of({"groups": ["x"]}, "groups", ROLES, None) is None


def test_a_claim_may_lie_deeper_or_have_dots_in_its_name():
    deep = {"realm_access": {"roles": ["platform"]}}
    assert role_of(deep, "realm_access.roles", ROLES, None) is Role.ADMIN
    assert role_of({"https://a.b/groups": ["platform"]}, "https://a.b/groups", ROLES, None)
    assert role_of({"realm_access": "x"}, "realm_access.roles", ROLES, None) is None


@pytest.mark.parametrize("text", ["platform", "platform=owner", "=admin"])
def test_bad_text_is_refused(text):
    with pytest.raises(ValueError, match="expected GROUP=ROLE"):
        parse_roles(text)
