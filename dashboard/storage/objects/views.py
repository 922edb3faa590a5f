"""The page of Durable Objects. Nothing is changed here: migrations do."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from dashboard.storage.objects.page_context import objects_page
from dashboard.ui.page import page


@never_cache
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    return page(request, "storage/objects/list.html", objects_page())
