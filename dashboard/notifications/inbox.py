"""The inbox page, the bell, and opening an item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from dashboard.accounts.permissions import person
from dashboard.live.pages import fragments
from dashboard.live.pages.fragments import UpdateReason
from dashboard.notifications.delivery.fan_out import TOPIC
from dashboard.notifications.models import InboxItem
from dashboard.ui.page import page

SIZE = 50


def connect() -> None:
    """Notifies open pages that an inbox changed; each reloads its bell."""
    kind, _, name = TOPIC.partition(":")
    fragments.provide(kind, _news, lambda names: {name: {UpdateReason.EDGES: newest_item()}})


def bell(request: HttpRequest) -> dict[str, Any]:
    """For the base template; lazy, so that fragments make no query."""
    return {"unread": SimpleLazyObject(lambda: unread_of(getattr(request, "user", None)))}


def unread_of(user: Any) -> int:
    """Number of unread items; 0 for anonymous users."""
    if user is None or not user.is_authenticated:
        return 0
    return InboxItem.objects.filter(person_id=user.pk, read_at=None).count()


def newest_item() -> int:
    """The newest item's id; 0 without any."""
    return InboxItem.objects.aggregate(newest=Max("pk"))["newest"] or 0


@dataclass(frozen=True, slots=True)
class InboxPage:
    """`more`: the id before which the next page begins."""

    items: list[InboxItem]
    more: int | None
    show: Literal["all", "unread"]


@never_cache
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """`?show=all` includes read items; `?before=` is an item's id."""
    me, show = person(request), request.GET.get("show", "")
    before = request.GET.get("before", "")
    items = InboxItem.objects.filter(person=me).select_related("event").order_by("-id")
    if show != "all":
        items = items.filter(read_at=None)
    if before.isdecimal() and len(before) < 16:
        items = items.filter(pk__lt=int(before))
    listed = list(items[: SIZE + 1])
    context = InboxPage(
        items=listed[:SIZE],
        more=listed[SIZE - 1].pk if len(listed) > SIZE else None,
        show="all" if show == "all" else "unread",
    )
    return page(request, "notifications/inbox.html", context, partial="items")


@never_cache
@require_GET
def bell_now(request: HttpRequest) -> HttpResponse:
    """The bell as a fragment."""
    return page(request, "notifications/_bell.html")


@require_GET
def open_item(request: HttpRequest, item_id: int) -> HttpResponse:
    """Marks it as read and redirects to its link."""
    mine = InboxItem.objects.filter(person=person(request)).select_related("event")
    item = get_object_or_404(mine, pk=item_id)
    InboxItem.objects.filter(pk=item.pk, read_at=None).update(read_at=timezone.now())
    return redirect(item.event.link or "inbox:list")


@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Marks `item` as read (unread with `do=unread`), or all items up to `newest`."""
    mine, item = InboxItem.objects.filter(person=person(request)), request.POST.get("item", "")
    newest = request.POST.get("newest", "")
    now = timezone.now()
    if item.isdecimal() and len(item) < 16:
        unread = request.POST.get("do") == "unread"
        mine.filter(pk=int(item)).update(read_at=None if unread else now)
    elif newest.isdecimal() and len(newest) < 16:  # newer items stay unread
        mine.filter(read_at=None, pk__lte=int(newest)).update(read_at=now)
    show = "?show=all" if request.POST.get("show") == "all" else ""
    return redirect(f"{request.path.removesuffix('read/')}{show}")


def _news(name: str, why: UpdateReason, subject: str) -> str:
    """Equal for everyone, without names, counts or text."""
    return format_html(
        '<span id="inbox-news" data-follow="inbox:all" data-newest="{}" hidden></span>',
        newest_item(),
    )
