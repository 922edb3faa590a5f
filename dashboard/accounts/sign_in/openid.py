"""Sign-in through one OpenID Connect provider: who comes in, under which name, with which role."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import requests
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone

from dashboard.accounts import messages
from dashboard.accounts.models import Role, User
from dashboard.accounts.people.changes import RESERVED
from dashboard.accounts.sign_in.provider.client import Provider, check_answer
from dashboard.accounts.sign_in.provider.id_token import IdTokenInvalid
from dashboard.accounts.sign_in.role_mapping import parse_roles, role_of
from dashboard.ui.page import page
from routing.control import audit

log = logging.getLogger(__name__)

ID = "sso"
"""Our one provider; a part of its addresses."""
TIMEOUT = 10.0
"""Seconds for each request to the provider."""


_NOT_FROM_CLAIMS = [f.name for f in User._meta.fields if f.name not in ("username", "email")]


class NotLetIn(Exception):
    """Why the provider's person gets no account here; the message is for them."""


class OpenIdAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """A new person is created at their first sign-in; the role is set at each one."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        # The address of the link may name another process: connecting to the session.
        sociallogin.state["process"] = AuthProcess.LOGIN
        try:
            check_answer(sociallogin)
        except IdTokenInvalid as error:
            self.on_authentication_error(request, None, exception=error)
        try:
            with transaction.atomic():
                user = admit(sociallogin)
                if not sociallogin.is_existing:
                    sociallogin.connect(request, user)
        except NotLetIn as error:
            refusal = page(
                request, "accounts/sign_in/not_let_in.html", {"why": str(error)}, status=403
            )
            raise ImmediateHttpResponse(refusal) from error

    def get_provider(self, request: HttpRequest, provider: str, client_id: Any = None) -> Any:
        return Provider(request, app=self.get_app(request, provider=provider, client_id=client_id))

    def on_authentication_error(self, request: HttpRequest, provider: Any, **facts: Any) -> None:
        log.warning("The sign-in through the provider failed: %s", facts.get("exception") or facts)
        context = {"why": messages.not_confirmed(settings.OIDC_NAME)}
        refusal = page(request, "accounts/sign_in/not_let_in.html", context, status=502)
        raise ImmediateHttpResponse(refusal)

    def get_requests_session(self) -> requests.Session:
        session = _Bounded()
        session.trust_env = False
        return session


class _Bounded(requests.Session):
    """Ends a request that a provider leaves open. Requests hold the client secret, the code or the
    access token, so none is sent to another address than the metadata name."""

    def request(self, method: Any, *args: Any, **options: Any) -> requests.Response:
        ours = {"timeout": TIMEOUT, "allow_redirects": False}
        return super().request(method, *args, **(options | ours))


def mapped_roles() -> dict[str, Role]:
    """SLUICE_OIDC_ROLES. Raises `ImproperlyConfigured`, at the start of the program."""
    try:
        return parse_roles(settings.OIDC_ROLES)
    except ValueError as error:
        raise ImproperlyConfigured(f"SLUICE_OIDC_ROLES: {error}") from error


def admit(sociallogin: SocialLogin) -> User:
    """The person behind a sign-in, created or updated. Raises `NotLetIn`."""
    claims = claims_of(sociallogin)
    default = Role(settings.OIDC_DEFAULT_ROLE) if settings.OIDC_DEFAULT_ROLE != "none" else None
    role = role_of(claims, settings.OIDC_ROLE_CLAIM, mapped_roles(), default)
    if role is None:
        raise NotLetIn(messages.NO_GROUP)
    user = sociallogin.user if sociallogin.is_existing else _by_email(claims)
    if user is None:
        return _create(claims, role)
    if user.by_token_only or not user.is_active:
        raise NotLetIn(messages.SWITCHED_OFF)
    if settings.OIDC_ROLES and user.role != role:
        _change_role(user, role)
    return user


def claims_of(sociallogin: SocialLogin) -> dict[str, Any]:
    """Claims of the ID token, and over them those of the userinfo endpoint."""
    data: Mapping[str, Any] = sociallogin.account.extra_data
    if "userinfo" not in data and "id_token" not in data:
        return dict(data)
    return {**(data.get("id_token") or {}), **(data.get("userinfo") or {})}


def came_by_provider(request: HttpRequest) -> bool:
    """Whether this session began at the provider."""
    user = request.user if isinstance(request.user, User) else None
    return any(r["method"] == "socialaccount" for r in get_authentication_records(request, user))


def _by_email(claims: Mapping[str, Any]) -> User | None:
    """The one person with the provider's address, if the provider verified it."""
    email = claims.get("email")
    if not isinstance(email, str) or not email or claims.get("email_verified") is not True:
        return None
    same = list(User.objects.select_for_update().filter(email__iexact=email)[:2])
    return same[0] if len(same) == 1 else None


def _create(claims: Mapping[str, Any], role: Role) -> User:
    name = _username(claims)
    if name.lower() in RESERVED:
        raise NotLetIn(messages.name_reserved(name))
    email = claims.get("email") if claims.get("email_verified") is True else ""
    user = User(username=name, email=email or "", role=role)
    user.set_unusable_password()
    try:
        user.clean_fields(exclude=_NOT_FROM_CLAIMS)
        with transaction.atomic():
            user.save()
    except (IntegrityError, ValidationError) as error:
        raise NotLetIn(messages.name_unusable(name)) from error
    _record("person.openid_create", user, after={"role": role})
    return user


def _username(claims: Mapping[str, Any]) -> str:
    for key in ("preferred_username", "email", "sub"):
        value = claims.get(key)
        if isinstance(value, str) and value:
            return value
    raise NotLetIn(messages.no_name(settings.OIDC_NAME))


def _change_role(user: User, role: Role) -> None:
    """The last admin stays one: a wrong claim must not leave Sluice without any."""
    admins = User.objects.select_for_update().filter(role=Role.ADMIN, by_token_only=False)
    if user.role == Role.ADMIN and {*admins.filter(is_active=True)} == {user}:
        log.warning("%s stays admin, the last one: the claims say %s", user.username, role)
        return
    before, user.role = user.role, role
    user.save(update_fields=["role"])
    _record("person.role", user, before=before, after=role)


def _record(action: str, user: User, **facts: Any) -> None:
    audit.record(action, user.username, actor=None, source="openid", now=timezone.now(), **facts)
