"""Built-in help: terms, reasons and outcomes, commands, keys, versions of what runs here."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from dashboard.ui.page import page


@require_GET
def help_page(request: HttpRequest) -> HttpResponse:
    """The same for everybody; addresses are those of this server."""
    return page(request, "ui/help.html", {"domain": settings.DOMAIN})
