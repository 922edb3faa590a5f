"""Accounts and their Workers in Search or jump to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from dashboard.cloud.models import FollowedWorker
from dashboard.ui.account_menu import account_menu
from dashboard.ui.jump.matching import score
from dashboard.ui.jump.palette import Jump, Scored

MOST = 200
"""Workers that are searched."""


def jumps(request: HttpRequest, words: Sequence[str]) -> Iterator[Scored]:
    """Two queries. Without words the accounts only."""
    if not settings.CLOUD_HOSTS:
        return
    menu = account_menu(request)
    for entry in menu.entries if menu else ():
        points = score(words, f"switch account {entry.title}")
        if points or not words:
            yield points + 1, Jump(entry.icon, entry.title, "Account", entry.url)
    if not words:
        return
    rows = FollowedWorker.objects.select_related("account").only("name", "account__slug")
    for row in rows[:MOST]:
        slug = row.account.slug
        if points := score(words, f"{row.name} {slug} cloudflare"):
            url = reverse("cloud:worker", args=[slug, row.name])
            yield points + 2, Jump("cloud", row.name, f"Worker of {slug}", url)
