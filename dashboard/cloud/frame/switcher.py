"""The account switcher: which account a page is about is in its address."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Count
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import permission
from dashboard.cloud.models import CloudAccount
from dashboard.cloud.readings import last_answers
from dashboard.ui.account_menu import AccountEntry, AccountMenu, NavigationEntry

EDGES = "This machine’s edges"
PAGES = (
    ("cloud:workers", "layers", "Workers"),
    ("cloud_playground:playground", "send", "Playground"),
    ("cloud:account", "gauge", "Account"),
)
SHARED = (
    ("rollouts:all", "trending-up", "Rollouts"),
    ("reviews:inbox", "clipboard-check", "Reviews"),
    ("activity", "scroll-text", "Activity"),
)
PLAYGROUNDS = ("playground:playground", "cloud_playground:playground")


def account_menu(request: HttpRequest) -> AccountMenu | None:
    """None while accounts are off. One query."""
    user = getattr(request, "user", None)
    if not settings.CLOUD_HOSTS or user is None or not user.is_authenticated:
        return None
    accounts = list(CloudAccount.objects.annotate(followed=Count("workers")))
    answered = last_answers(accounts)
    here = slug_of_page(request)
    match = request.resolver_match
    on_playground = match is not None and match.view_name in PLAYGROUNDS
    route = PLAYGROUNDS if on_playground else ("workers:list", "cloud:workers")
    current = next((account for account in accounts if account.slug == here), None)
    entries = [AccountEntry(EDGES, reverse(route[0]), current is None)]
    entries += [
        AccountEntry(
            account.slug,
            _url(route[1], account.slug) or reverse("cloud:workers", args=[account.slug]),
            account is current,
            _pages(account.slug),
            account.followed,
            answered.get(account.pk),
            account.problem,
        )
        for account in accounts
    ]
    connect = reverse("cloud:connect") if permission(user, Role.ADMIN).allowed else ""
    return AccountMenu(tuple(entries), connect)


def slug_of_page(request: HttpRequest) -> str:
    """The account that the page is about; empty for this machine's edges."""
    match = request.resolver_match
    if match is None or not request.path.startswith(reverse("cloud:list")):
        return ""
    return str(match.kwargs.get("slug", ""))


def _pages(slug: str) -> tuple[NavigationEntry, ...]:
    own = [NavigationEntry(_url(route, slug), icon, word, route) for route, icon, word in PAGES]
    shared = [NavigationEntry(_url(route), icon, word, route) for route, icon, word in SHARED]
    return tuple(entry for entry in (*own[:-1], *shared, own[-1]) if entry.url)


def _url(route: str, *args: str) -> str:
    """Empty if there is no such page."""
    try:
        return reverse(route, args=args)
    except NoReverseMatch:
        return ""
