"""How strong what opens a door is: figures that a change of a library must not lower unseen."""

import pytest
from allauth.mfa import app_settings as mfa
from django.conf import global_settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher, get_hasher
from django.contrib.sessions.backends.base import VALID_KEY_CHARS

from dashboard.accounts.models import Session
from tests.factories import make_user


def test_codes_of_an_app_live_for_30_seconds():
    assert (mfa.TOTP_PERIOD, mfa.TOTP_TOLERANCE, mfa.TOTP_DIGITS) == (30, 0, 6)


def test_a_recovery_code_has_more_than_20_bits():
    assert 10**mfa.RECOVERY_CODE_DIGITS > 2**20


def test_passwords_are_stretched(settings):
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS  # tests have a fast one
    hasher = get_hasher()
    assert isinstance(hasher, PBKDF2PasswordHasher)
    assert hasher.algorithm == "pbkdf2_sha256" and hasher.iterations >= 600_000


@pytest.mark.django_db
def test_signing_in_begins_a_new_session_and_ends_the_one_before(client):
    make_user("maya")
    anonymous = client.session
    anonymous["theme"] = "dark"
    anonymous.save()
    client.post("/accounts/login/", {"username": "maya", "password": "pw"})
    signed_in = client.cookies["sessionid"].value
    assert signed_in != anonymous.session_key
    assert not Session.objects.filter(pk=anonymous.session_key).exists()
    assert len(VALID_KEY_CHARS) ** len(signed_in) > 2**128
