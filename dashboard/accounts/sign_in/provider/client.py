"""django-allauth's OpenID Connect client, which trusts TLS for the ID token. Here the token has to
prove itself: signature, issuer, audience, nonce and, where set, strength and age."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from dashboard.accounts.sign_in.provider import id_token
from dashboard.accounts.sign_in.provider.id_token import IdTokenInvalid

NONCE = "nonce"
"""In the state of a sign-in, which its browser's session stores."""


class ProviderClient(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth has no types
    """Reads the provider's answers."""

    @property
    def openid_config(self) -> dict[str, Any]:
        """The provider's metadata, if it is the one that SLUICE_OIDC_URL names (OpenID Connect
        Discovery 1.0, section 4.3)."""
        config: dict[str, Any] = super().openid_config
        expected = str(self.get_provider().app.settings["server_url"])
        expected = expected.partition("/.well-known/")[0].rstrip("/")
        if str(config.get("issuer", "")).rstrip("/") != expected:
            raise OAuth2Error(f"The issuer is {config.get('issuer')!r}, not SLUICE_OIDC_URL.")
        return config

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        if not kwargs["response"].get("id_token"):
            raise OAuth2Error("The provider sent no ID token.")
        return super().complete_login(request, app, token, **kwargs)

    def _decode_id_token(self, app: Any, id_token_text: str) -> dict[str, Any]:
        with get_adapter().get_requests_session() as session:
            answer = session.get(self.openid_config["jwks_uri"])
            answer.raise_for_status()
        try:
            return id_token.verified_claims(
                id_token_text,
                keys=answer.json(),
                issuer=self.openid_config["issuer"],
                client_id=app.client_id,
            )
        except ValueError as error:
            raise OAuth2Error(f"Invalid ID token. {error}") from error


class Provider(OpenIDConnectProvider):  # type: ignore[misc]  # allauth has no types
    """Asks with a nonce. An address cannot add scopes or parameters, as allauth would allow."""

    oauth2_adapter_class = ProviderClient

    def get_scope_from_request(self, request: HttpRequest) -> list[str]:
        return list(self.get_scope())

    def get_auth_params_from_request(self, request: HttpRequest, action: str) -> dict[str, Any]:
        return dict(self.get_auth_params())

    def redirect(
        self, request: HttpRequest, process: str, next_url: Any = None, data: Any = None, **kw: Any
    ) -> HttpResponseBase:
        nonce = secrets.token_urlsafe(16)
        asked = {**(kw.pop("auth_params", None) or self.get_auth_params()), NONCE: nonce}
        if settings.OIDC_ACR:
            asked["acr_values"] = " ".join(sorted(settings.OIDC_ACR))
        if settings.OIDC_MAX_AGE:
            asked["max_age"] = str(int(settings.OIDC_MAX_AGE.total_seconds()))
        response: HttpResponseBase = super().redirect(
            request, process, next_url, data, auth_params=asked, **{**kw, NONCE: nonce}
        )
        return response


def check_answer(sociallogin: SocialLogin) -> None:
    """The rest, which needs the state of the sign-in. Raises `IdTokenInvalid`."""
    data: Mapping[str, Any] = sociallogin.account.extra_data
    claims = data.get("id_token")
    if not isinstance(claims, Mapping):
        raise IdTokenInvalid("There is none.")
    id_token.check_nonce(claims, str(sociallogin.state.get(NONCE, "")))
    id_token.check_userinfo(claims, data.get("userinfo"))
    id_token.check_strength(claims, settings.OIDC_ACR)
    id_token.check_age(claims, settings.OIDC_MAX_AGE, timezone.now())
