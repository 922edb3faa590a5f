"""Texts about accounts: every code has one, and each says what to do next."""

from dashboard.accounts import messages
from dashboard.accounts.models import Role
from dashboard.accounts.sign_in.session_limits import End


def test_every_role_and_every_end_of_a_session_has_a_text():
    assert set(messages.MAY) == set(Role)
    assert set(messages.SESSION_ENDED) == set(End)


def test_the_wording():
    assert messages.signed_out("jonas", 1) == "jonas is signed out of 1 session."
    assert messages.signed_out("jonas", 0) == "jonas is signed out of 0 sessions."
    assert messages.role_set("jonas", Role.OPERATOR) == "jonas is operator now."
    assert messages.switched("jonas", on=False) == "jonas is switched off."
    assert messages.name_taken("jonas") == "The name jonas is taken. Choose another one."
    assert messages.busy(3) == "Sluice is busy. Try again in 3 seconds.\n"
    assert messages.body_too_large(65_536) == "Sign in to send more than 64 KB.\n"
