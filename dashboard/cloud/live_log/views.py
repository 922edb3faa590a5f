"""The live log of a Worker at Cloudflare."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from dashboard.cloud.live_log.context import live_log_page
from dashboard.cloud.live_log.rows import LogFilter
from dashboard.cloud.pages.accounts import account_named, while_on
from dashboard.limits.answers import give_place_back
from dashboard.ui.page import page


@require_GET
@while_on
@never_cache
def log(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """`paused=1` neither watches nor reads itself again."""
    give_place_back(request)  # `readings` limits what waits for an answer
    sent = request.GET
    given = LogFilter(sent.get("version", "")[:64], sent.get("bad") == "1", sent.get("q", "")[:200])
    context = live_log_page(
        account_named(slug), name, given, timezone.now(), paused=sent.get("paused") == "1"
    )
    return page(request, "cloud/live_log/log.html", context, partial="rows")
