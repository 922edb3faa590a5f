"""Django's handle on the room."""

from typing import Any

from django.apps import AppConfig
from django.conf import settings


class AccountsConfig(AppConfig):
    name = "dashboard.accounts"
    label = "accounts"

    def ready(self) -> None:
        from django.contrib.auth.signals import (
            user_logged_in,
            user_logged_out,
            user_login_failed,
        )

        from dashboard.accounts.passwords.breached import check_file
        from dashboard.accounts.sign_in import browsers, openid, record, second_factor

        user_logged_in.connect(_forget_old_sessions)
        user_logged_in.connect(browsers.note_sign_in)
        user_login_failed.connect(record.note_wrong_password)
        user_logged_out.connect(record.note_sign_out)
        second_factor.connect()
        openid.mapped_roles()
        if settings.BREACHED_PASSWORDS:
            check_file(settings.BREACHED_PASSWORDS)


def _forget_old_sessions(**_: Any) -> None:
    """Each sign-in deletes expired sessions; nothing else does."""
    from dashboard.accounts.sign_in.sessions import SessionStore

    SessionStore.clear_expired()
