"""The list of accounts, connecting one, and the changes of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.contrib import messages as notices
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import Permission, actor_of, permission, person, requires
from dashboard.cloud import messages
from dashboard.cloud.accounts import connect as changes
from dashboard.cloud.accounts.connect import ConnectRefused
from dashboard.cloud.client.errors import CloudError
from dashboard.cloud.client.request import CLOUDFLARE
from dashboard.cloud.models import CloudAccount
from dashboard.cloud.pages.account_page import account_page, worker_choices
from dashboard.cloud.pages.workers_page import workers_page
from dashboard.cloud.readings import forget
from dashboard.limits.answers import give_place_back
from dashboard.ui.page import page

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


@dataclass(frozen=True, slots=True)
class AccountsPage:
    """`on`: SLUICE_CLOUD_HOSTS names a host."""

    on: bool
    accounts: tuple[CloudAccount, ...]
    can: Permission


@dataclass(frozen=True, slots=True)
class ConnectPage:
    """What was typed, never the token. `field` is the input that `problem` is about."""

    slug: str = ""
    base_url: str = CLOUDFLARE
    account_id: str = ""
    problem: str = ""
    field: str = ""
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DisconnectPage:
    account: CloudAccount


def while_on(view: View[P]) -> View[P]:
    """404 while accounts are switched off."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not settings.CLOUD_HOSTS:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def account_named(slug: str) -> CloudAccount:
    return get_object_or_404(CloudAccount, slug=slug)


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    rows = CloudAccount.objects.annotate(followed=Count("workers")) if settings.CLOUD_HOSTS else ()
    context = AccountsPage(
        on=bool(settings.CLOUD_HOSTS),
        accounts=tuple(rows),
        can=permission(person(request), Role.ADMIN),
    )
    return page(request, "cloud/accounts.html", context)


@requires(Role.ADMIN)
@while_on
@never_cache
@sensitive_post_parameters("token")
@require_http_methods(["GET", "HEAD", "POST"])
def connect(request: HttpRequest) -> HttpResponse:
    """A refused form comes back without its token."""
    hosts = tuple(sorted(settings.CLOUD_HOSTS))
    if request.method != "POST":
        return page(request, "cloud/connect.html", ConnectPage(hosts=hosts))
    sent = {key: request.POST.get(key, "").strip() for key in ("slug", "base_url", "account_id")}
    try:
        account = changes.connect(
            token=request.POST.get("token", "").strip(), by=actor_of(request), **sent
        )
    except ConnectRefused as error:
        context = ConnectPage(**sent, problem=str(error), field=error.field, hosts=hosts)
        return page(request, "cloud/connect.html", context, status=422)
    notices.success(request, messages.connected(account.slug))
    return redirect("cloud:account", account.slug)


@require_GET
@while_on
@never_cache
def detail(request: HttpRequest, slug: str) -> HttpResponse:
    context = account_page(account_named(slug), person(request), timezone.now())
    return page(request, "cloud/account.html", context)


@require_GET
@while_on
@never_cache
def workers(request: HttpRequest, slug: str) -> HttpResponse:
    """The page reads itself again every 15 seconds."""
    give_place_back(request)  # `readings` limits what waits for an answer
    context = workers_page(account_named(slug), person(request), timezone.now())
    return page(request, "cloud/workers.html", context, partial="workers")


@requires(Role.ADMIN)
@while_on
@require_POST
def check(request: HttpRequest, slug: str) -> HttpResponse:
    """Verifies the token and tries each permission again."""
    account = account_named(slug)
    try:
        changes.check_again(account, actor_of(request))
    except CloudError as error:
        notices.error(request, error.message)
    else:
        forget(account, "workers")
        notices.success(request, messages.CHECKED)
    return redirect("cloud:account", slug)


@requires(Role.ADMIN)
@while_on
@sensitive_post_parameters("token")
@require_POST
def replace_token(request: HttpRequest, slug: str) -> HttpResponse:
    account = account_named(slug)
    try:
        changes.replace_token(account, request.POST.get("token", "").strip(), actor_of(request))
    except ConnectRefused as error:
        notices.error(request, str(error))
    else:
        notices.success(request, messages.token_replaced(slug))
    return redirect("cloud:account", slug)


@requires(Role.ADMIN)
@while_on
@require_POST
def follow(request: HttpRequest, slug: str) -> HttpResponse:
    """Follows the ticked Workers with the chosen addresses, of those that the account has."""
    account = account_named(slug)
    _, choices = worker_choices(account, timezone.now())
    ticked = set(request.POST.getlist("follow"))
    chosen: dict[str, str] = {}
    for choice in choices:
        if choice.name in ticked:
            address = request.POST.get(f"address-{choice.name}", "")
            chosen[choice.name] = address if choice.accepts(address) else ""
    changes.follow(account, chosen, actor_of(request))
    notices.success(request, messages.following(slug, len(chosen)))
    return redirect("cloud:account", slug)


@requires(Role.ADMIN)
@while_on
@require_http_methods(["GET", "HEAD", "POST"])
def disconnect(request: HttpRequest, slug: str) -> HttpResponse:
    """Asks first."""
    account = account_named(slug)
    if request.method != "POST":
        return page(request, "cloud/disconnect.html", DisconnectPage(account))
    try:
        changes.disconnect(account, actor_of(request))
    except changes.ConnectRefused as refused:
        notices.error(request, str(refused))
        return redirect("cloud:account", slug)
    notices.success(request, messages.disconnected(slug))
    return redirect("cloud:list")
