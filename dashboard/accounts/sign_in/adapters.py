"""django-allauth's hooks: where to go next, texts, encryption of keys."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages as notices
from django.contrib.auth import login
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from dashboard.accounts import messages
from dashboard.accounts.models import User
from dashboard.accounts.sign_in import second_factor
from dashboard.accounts.sign_in.confirmation import belongs_to_provider
from dashboard.accounts.sign_in.record import record_sign_in
from routing.secret_encryption import decrypt, encrypt
from routing.snapshot import Secret

MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Admins invite people, so there is no sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        login(request, user, backend=MODEL_BACKEND)  # type: ignore[arg-type]  # django-stubs
        assert isinstance(user, User)
        record_sign_in(request, user)

    def is_safe_url(self, url: str | None) -> bool:
        """This host only: `localhost` of SLUICE_ALLOWED_HOSTS is another machine for a browser."""
        request: HttpRequest = context.request
        return url_has_allowed_host_and_scheme(url, {request.get_host()}, request.is_secure())

    def respond_user_inactive(self, request: HttpRequest, user: AbstractBaseUser) -> HttpResponse:
        notices.error(request, messages.SWITCHED_OFF)
        return redirect("login")

    def pre_login(self, request: HttpRequest, user: Any, **facts: Any) -> Any:
        """Machine accounts sign in with tokens only."""
        if isinstance(user, User) and user.by_token_only:
            return self.respond_user_inactive(request, user)
        if isinstance(user, User) and _goes_around_provider(request, user):
            notices.error(request, messages.use_provider(settings.OIDC_NAME))
            return redirect("login")
        return super().pre_login(request, user, **facts)

    def is_reauthentication_required(self, *, app: str, **facts: Any) -> bool:
        # People who come by a provider have nothing to prove it with before their first factor.
        return bool(self.get_reauthentication_methods(self.request.user))

    def get_client_ip(self, request: HttpRequest) -> str:
        # The server in front already resolved trusted proxies into REMOTE_ADDR.
        return str(request.META.get("REMOTE_ADDR", ""))

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        text = message or messages.FACTOR_CHANGED.get(message_template or "")
        if text:
            notices.add_message(request, level, text)

    def send_notification_mail(self, *args: Any, **facts: Any) -> None:
        """The audit trail has it; see `second_factor`."""


def _goes_around_provider(request: HttpRequest, user: User) -> bool:
    """A passkey alone would admit a person who was removed at the provider."""
    records = get_authentication_records(request, user)
    if any(record["method"] == "socialaccount" for record in records):
        return False
    return belongs_to_provider(user)


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Keys of authenticator apps are encrypted as other secrets are."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": messages.INCORRECT_CODE,
        "cannot_delete_authenticator": messages.LAST_FACTOR,
    }

    def encrypt(self, text: str) -> str:
        return encrypt(Secret(text))

    def decrypt(self, encrypted_text: str) -> str:
        return decrypt(encrypted_text).reveal()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return second_factor.may_remove(authenticator)

    def get_totp_issuer(self) -> str:
        return f"Sluice {self._get_site_name()}"

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Any) -> str:
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return f"Passkey {count + 1}"

    def send_notification_mail(self, *args: Any, **facts: Any) -> None:
        """The audit trail has it; see `second_factor`."""
