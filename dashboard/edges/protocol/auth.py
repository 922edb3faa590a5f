"""Authentication of edges by token, client certificate and key, without cookies and sessions."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from dashboard.accounts.attempts.limits import TOKENS_BY_ADDRESS
from dashboard.accounts.attempts.messages import try_again
from dashboard.accounts.attempts.refusals import retry_after, seconds_to_wait
from dashboard.edges import messages
from dashboard.edges.protocol.certificates import CertificateRefused, check_certificate
from dashboard.edges.protocol.edge_keys import KeyRefused, check_key
from dashboard.edges.registry.tokens import SignIn, TokenState, sign_in
from dashboard.ui.http.unstorable_input import unstorable_address
from routing.models import EdgeToken

View = Callable[..., HttpResponse]


def for_edges(view: View) -> View:
    """Passes the authenticated edge to the view. 401 without a valid token, 410 if the edge was
    removed, 403 with another certificate or key than the edge's."""

    @without_session
    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        signed_in = sign_in(request.headers.get("Authorization", ""), timezone.now())
        edge = signed_in.edge
        if edge is None:
            return _refused(request, signed_in)
        try:
            check_certificate(edge, request.headers)
            check_key(edge, request)
        except (CertificateRefused, KeyRefused) as error:
            return JsonResponse({"error": str(error), "code": error.code}, status=403)
        if unstorable_address(request):
            return JsonResponse({"error": messages.NUL_IN_PATH}, status=400)
        request.edge_token = signed_in.token  # type: ignore[attr-defined]
        return view(request, edge, *args, **kwargs)

    return guarded


def token_of(request: HttpRequest) -> EdgeToken:
    """The token of a request that `for_edges` let through."""
    token: EdgeToken = request.edge_token  # type: ignore[attr-defined]
    return token


def without_session(view: View) -> View:
    return csrf_exempt(login_not_required(view))


def unauthorized(request: HttpRequest, message: str, code: str, status: int = 401) -> HttpResponse:
    """429 after too many from this address."""
    if seconds := seconds_to_wait(TOKENS_BY_ADDRESS, request):
        return retry_after(JsonResponse({"error": try_again(seconds)}, status=429), seconds)
    return JsonResponse({"error": message, "code": code}, status=status)


def _refused(request: HttpRequest, signed_in: SignIn) -> HttpResponse:
    if signed_in.state is TokenState.removed:
        error = {"error": messages.REMOVED, "code": "edge_removed"}
        return JsonResponse(error, status=410)
    is_expired = signed_in.state is TokenState.expired
    message = messages.TOKEN_EXPIRED if is_expired else messages.WRONG_TOKEN
    return unauthorized(request, message, f"token_{signed_in.state}")
