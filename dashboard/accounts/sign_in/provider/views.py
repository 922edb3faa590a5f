"""The address that the sign-in page's button leads to."""

from __future__ import annotations

from urllib.parse import urlsplit

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from requests import RequestException

from dashboard.accounts.sign_in.provider.client import ProviderClient
from dashboard.ui.page import page


@login_not_required
@never_cache
@require_GET
def login(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Goes to the provider, if the person clicked here for it. A link on another site, or a
    picture's address, begins no session by itself (OWASP ASVS 5.0, 7.6.2)."""
    _known(request, provider_id)
    if not _from_here(request):
        context = {"provider": settings.OIDC_NAME, "again": request.get_full_path()}
        return page(request, "accounts/sign_in/provider_confirm.html", context)
    view = OAuth2LoginView.adapter_view(ProviderClient(request, provider_id))
    try:
        answer: HttpResponseBase = view(request)
    except (OAuth2Error, RequestException) as error:  # its metadata cannot be read
        return _away(request, error)
    return answer


@login_not_required
@never_cache
@require_GET
def callback(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Where the provider sends the browser back to."""
    _known(request, provider_id)
    view = OAuth2CallbackView.adapter_view(ProviderClient(request, provider_id))
    answer: HttpResponseBase = view(request)
    return answer


def _away(request: HttpRequest, error: Exception) -> HttpResponseBase:
    try:
        get_adapter().on_authentication_error(request, None, exception=error)
    except ImmediateHttpResponse as refusal:
        answer: HttpResponseBase = refusal.response
        return answer
    raise error


def _known(request: HttpRequest, provider_id: str) -> None:
    try:
        ProviderClient(request, provider_id).get_provider()
    except SocialApp.DoesNotExist as error:
        raise Http404 from error


def _from_here(request: HttpRequest) -> bool:
    """By Fetch Metadata; over plain http, where browsers do not send it, by the `Referer`."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    referer = urlsplit(request.headers.get("Referer", ""))
    return (referer.scheme, referer.netloc) == (request.scheme, request.get_host())
