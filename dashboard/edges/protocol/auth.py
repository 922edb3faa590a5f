"""Authentication of edges by token, without cookies and sessions."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from dashboard.accounts.attempts.limits import TOKENS_BY_ADDRESS
from dashboard.accounts.attempts.messages import try_again
from dashboard.accounts.attempts.refusals import retry_after, seconds_to_wait
from dashboard.accounts.tokens import hash_token
from dashboard.edges import messages
from dashboard.ui.http.unstorable_input import unstorable_address
from routing.models import Edge

View = Callable[..., HttpResponse]


def edge_of(authorization: str) -> Edge | None:
    """The edge whose token is in the `Authorization` header, or None."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        return None
    return Edge.objects.filter(token_sha256=hash_token(token.strip())).first()


def for_edges(view: View) -> View:
    """Passes the authenticated edge to the view; 401 without a valid token."""

    @csrf_exempt
    @login_not_required
    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        edge = edge_of(request.headers.get("Authorization", ""))
        if edge is None:
            if seconds := seconds_to_wait(TOKENS_BY_ADDRESS, request):
                refusal = JsonResponse({"error": try_again(seconds)}, status=429)
                return retry_after(refusal, seconds)
            return JsonResponse({"error": messages.WRONG_TOKEN}, status=401)
        if unstorable_address(request):
            return JsonResponse({"error": messages.NUL_IN_PATH}, status=400)
        return view(request, edge, *args, **kwargs)

    return guarded
