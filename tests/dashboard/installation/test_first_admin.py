"""The first admin: a password nobody else has, and a word about a weak one."""

import pytest

from dashboard.accounts.models import Role, User
from dashboard.installation.first_admin import admin_and_token
from dashboard.run.console import greet

pytestmark = pytest.mark.django_db
AT = {"dashboard": "d", "edge": "e", "api_base": "a", "account_id": "i"}


def first(settings, password=None):
    settings.ADMIN_PASSWORD, settings.ADMIN_USER = password, "ada"
    return admin_and_token()


def test_a_password_is_made_up_and_there_is_one_first_time(settings):
    shown = first(settings)
    ada = User.objects.get()
    assert ada.role == Role.ADMIN and ada.check_password(shown.password)
    assert len(shown.password) >= 22 and shown.weak_because == ()  # 128 bits in base64
    assert first(settings) is None


def test_two_installations_have_two_passwords(settings):
    one = first(settings)
    User.objects.all().delete()
    assert first(settings).password != one.password


@pytest.mark.parametrize(
    ("password", "is_weak"), [("Passw0rd!", True), ("ada", True), ("four words of mine", False)]
)
def test_a_weak_one_is_used_and_named_and_never_shown(settings, capsys, password, is_weak):
    shown = first(settings, password)
    assert User.objects.get().check_password(password) and shown.password is None
    greet(shown, AT)
    printed = capsys.readouterr().out
    assert ("SLUICE_ADMIN_PASSWORD is weak" in printed) == is_weak
    assert password == "ada" or password not in printed
