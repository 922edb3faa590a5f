"""A password is no word that anybody would try first, and no more rules than that."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from dashboard.accounts.models import User


@pytest.mark.parametrize(
    "password",
    [
        "Passw0rd!",
        "P@ssw0rd2026",
        "jonas2026!!",
        "jonas-brandt",
        "J0nas123",
        "sluice123",
        "Sluice-2026!",
        "workers1",
        "qwertyuiop",
        "12345678",
        "short",
    ],
)
def test_what_is_tried_first_is_refused(password):
    with pytest.raises(ValidationError):
        validate_password(password, User(username="jonas.brandt", email="jonas@example.com"))


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "correct horse 9",
        "kxqvwmzt",  # one case, no digit, no sign
        "sluice gate on a hill",
        "密码很长的一句话吧",
        "        a b        ",
        "w" * 30 + " and " + "z" * 93,
    ],
)
def test_any_other_composition_is_fine(password):
    user = User(username="jonas.brandt", email="jonas@example.com")
    assert validate_password(password, user) is None  # else it raises


@pytest.mark.parametrize("password", [" Blank at both ends ", "x" * 100 + "A", "x" * 100 + "a"])
def test_it_counts_exactly_as_typed(password):
    user = User(username="jonas")
    user.set_password(password)
    assert user.check_password(password)
    assert not any(
        map(user.check_password, {password.strip(), password[:72], password.lower()} - {password})
    )
