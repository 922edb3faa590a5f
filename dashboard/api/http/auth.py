"""Authentication by Bearer token only; cookies and sessions are ignored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from ninja.security.base import AuthBase

from dashboard.accounts.actor import Actor
from dashboard.accounts.attempts.limits import TOKENS_BY_ADDRESS
from dashboard.accounts.attempts.messages import try_again
from dashboard.accounts.attempts.refusals import seconds_to_wait
from dashboard.accounts.models import RANK, Token, User
from dashboard.accounts.sign_in.confirmation import confirmation_lapsed
from dashboard.accounts.sign_in.record import note
from dashboard.accounts.tokens import ROLE_FOR, acts_as, bearer_token, hash_token
from dashboard.api import messages
from dashboard.api.http.errors import TOO_MANY, ApiError, bad_request
from dashboard.api.http.lookup import worker_by_name_or_id
from dashboard.api.http.rate_headers import note_balance
from dashboard.limits.answers import RETRY_SECONDS, take_place
from dashboard.limits.limits import api_by_token
from dashboard.limits.messages import no_place, try_again as limit_reached
from dashboard.limits.places import NoPlace
from dashboard.limits.rates import consume_rate
from dashboard.ui.http.unstorable_input import unstorable_query
from routing.trail.origin import note_token

LAST_USED_INTERVAL = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Caller:
    """The person behind a request, with the token and the client they use."""

    user: User
    token: Token
    source: str
    request: HttpRequest

    def may(self, scope: Token.Scope) -> bool:
        """Whether both the token's scopes and its owner's role allow it."""
        role = acts_as(self.token)
        return role is not None and RANK[role] >= RANK[ROLE_FOR[scope]]


class ApiRequest(HttpRequest):
    """An authenticated request."""

    auth: Caller


def actor_of(request: ApiRequest) -> Actor:
    """The token's owner, changing something now."""
    return Actor(actor=request.auth.user, source=request.auth.source, now=timezone.now())


class Bearer(AuthBase):
    """An API token with the scope the operation needs, and the account it belongs to."""

    openapi_type = "http"
    openapi_scheme = "bearer"
    scope: Token.Scope

    def __call__(self, request: HttpRequest) -> Caller:
        if unstorable_query(request):  # names in the path are looked up by their form
            raise bad_request(messages.NUL_IN_QUERY)
        caller = caller_of(request)
        _check_limits(request, caller.token)
        _check_account(request)
        if not caller.may(self.scope):
            raise ApiError(
                403,
                (
                    9109,
                    messages.scope_needed(self.scope, ROLE_FOR[self.scope]),
                ),
            )
        if self.scope != Token.Scope.READ:
            check_worker(request, caller.token)
        return caller


class ReadToken(Bearer):
    """Scope `read`."""

    scope = Token.Scope.READ
    openapi_description = "A token with the scope read, deploy or admin."


class DeployToken(Bearer):
    """Scope `deploy`."""

    scope = Token.Scope.DEPLOY
    openapi_description = "A token with the scope deploy or admin; its owner is an operator."


class AdminToken(Bearer):
    """Scope `admin`."""

    scope = Token.Scope.ADMIN
    openapi_description = "A token with the scope admin; its owner is an admin."


may_read = ReadToken()
may_deploy = DeployToken()
may_administer = AdminToken()


def caller_of(request: HttpRequest) -> Caller:
    """The caller by the `Authorization` header. Raises `ApiError` with Cloudflare's codes."""
    secret = bearer_token(request.headers.get("Authorization", ""))
    if not secret:
        raise ApiError(400, (9106, messages.NO_TOKEN))
    # The lookup is by hash, so its timing tells nothing about the secret.
    found = Token.objects.select_related("user").filter(sha256=hash_token(secret)).first()
    now, source = timezone.now(), source_of(request)
    if found is None:
        if seconds := seconds_to_wait(TOKENS_BY_ADDRESS, request):
            raise ApiError(429, (TOO_MANY, try_again(seconds)), retry_after=seconds)
        note("api.token_failure", request)
        raise ApiError(403, (9109, messages.UNAUTHORIZED))
    note_token(found.name, found.user.get_username())
    if why := _end_reason(found, now):
        raise ApiError(403, (9109, messages.unauthorized(why)))
    if confirmation_lapsed(found.user, now):
        raise ApiError(403, (9109, messages.unauthorized(_confirmation_lapsed_message(found.user))))
    _mark_used(found, source, now)
    return Caller(user=found.user, token=found, source=source, request=request)


def _check_limits(request: HttpRequest, token: Token) -> None:
    """Raises `ApiError` if the token has too many requests per minute, or its owner too many at a
    time."""
    balance = consume_rate(api_by_token(), token.sha256)
    note_balance(request, balance)
    if balance.wait:
        raise ApiError(429, (TOO_MANY, limit_reached(balance.wait)), retry_after=balance.wait)
    try:
        take_place(request, token.user_id)
    except NoPlace as error:
        problem = (TOO_MANY, no_place("requests", error.own))
        raise ApiError(429, problem, retry_after=RETRY_SECONDS) from None


def source_of(request: HttpRequest) -> str:
    """`wrangler` or `api`, by the User-Agent."""
    agent = request.headers.get("User-Agent", "")
    return "wrangler" if agent.startswith("wrangler/") else "api"


def _end_reason(token: Token, now: datetime) -> str:
    """Why the token is invalid; "" if it is valid. Its owner may read the reason."""
    match token.ended(now):
        case "revoked":
            return messages.token_revoked(token.revoked_on)
        case "expired":
            return messages.token_expired(token.expires_on)
        case "off":
            return messages.account_switched_off(token.user.username)
    return ""


def _confirmation_lapsed_message(owner: User) -> str:
    days = settings.OIDC_CONFIRM_LIMIT.days if settings.OIDC_CONFIRM_LIMIT else 0
    return messages.confirmation_lapsed(owner.username, settings.OIDC_NAME, days)


def _mark_used(token: Token, source: str, now: datetime) -> None:
    """At most one write per `LAST_USED_INTERVAL`."""
    if token.last_used_on is None or now - token.last_used_on > LAST_USED_INTERVAL:
        Token.objects.filter(pk=token.pk).update(last_used_on=now, last_used_from=source)


def check_worker(request: HttpRequest, token: Token) -> None:
    """Raises `ApiError` if the token is limited to other Workers."""
    if token.workers and (worker := _worker_in_path(request)) not in token.workers:
        raise ApiError(403, (9109, messages.other_worker(token.workers, worker)))


def _worker_in_path(request: HttpRequest) -> str:
    """The name of the Worker in the path; "" if there is none."""
    given = request.resolver_match.kwargs if request.resolver_match else {}
    if "worker_id" in given:
        return worker_by_name_or_id(given["worker_id"]).name
    return str(given.get("script_name", given.get("name", "")))


def _check_account(request: HttpRequest) -> None:
    match = request.resolver_match
    account = match.kwargs.get("account_id") if match else None
    if account is not None and account != settings.ACCOUNT_ID:
        raise ApiError(403, (9109, messages.UNAUTHORIZED))
