"""{% cloud_head %}: name, address and tabs of a Worker in a connected account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import template
from django.template import Context
from django.urls import NoReverseMatch, reverse

from dashboard.cloud.models import CloudAccount, FollowedWorker
from dashboard.ui.page import as_context

register = template.Library()

TABS: tuple[tuple[str, str, frozenset[str]], ...] = (
    ("Deployments", "cloud:worker", frozenset({"cloud:deploy"})),
    ("Rollout", "rollouts:remote-start", frozenset({"rollouts:remote"})),
    (
        "Versions",
        "cloud_versions:list",
        frozenset({"cloud_versions:version", "cloud_versions:diff", "cloud_versions:upload"}),
    ),
    ("Live log", "cloud_log:log", frozenset()),
    ("Reviews", "cloud_reviews:worker", frozenset()),
)
"""(words, route, routes of pages that belong to it). A tab shows as soon as its page exists."""
OWN_HEADING = frozenset({"rollouts:remote-start"})
"""Pages of tabs whose heading is not the Worker's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudHead:
    """`tabs` are (words, address, `aria-current`). `playground` is its address; empty without
    one."""

    account: CloudAccount
    name: str
    followed: FollowedWorker | None
    tabs: list[tuple[str, str, str]]
    is_tab: bool
    playground: str


@register.inclusion_tag("cloud/_head.html", takes_context=True)
def cloud_head(context: Context) -> dict[str, Any]:
    """One query. Takes `account` and `name` of the page."""
    account: CloudAccount = context["account"]
    name: str = context["name"]
    match = getattr(context.get("request"), "resolver_match", None)
    here = match.view_name if match else ""
    tabs = []
    for words, route, others in TABS:
        if url := _url(route, account.slug, name):
            current = "page" if here == route else "true" if here in others else ""
            tabs.append((words, url, current))
    playground = _url("cloud_playground:playground", account.slug)
    head = CloudHead(
        account=account,
        name=name,
        followed=account.workers.filter(name=name).first(),
        tabs=tabs,
        is_tab=any(here == route for _, route, _ in TABS) and here not in OWN_HEADING,
        playground=playground and f"{playground}?worker={name}",
    )
    return as_context(head)


def _url(route: str, *args: str) -> str:
    try:
        return reverse(route, args=args)
    except NoReverseMatch:
        return ""
