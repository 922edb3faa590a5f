"""*Sent mail*, for operators: it has addresses and subjects of people outside."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import requires
from dashboard.storage.client import StateRefused, StateUnavailable
from dashboard.storage.mail import outbox
from dashboard.storage.mail.deliver import DeliveryFailed, mail_of
from dashboard.storage.mail.page_context import mail_page
from dashboard.ui.page import page


@requires(Role.OPERATOR)
@never_cache
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    before = request.GET.get("before", "")
    number = int(before) if before.isascii() and before.isdigit() and len(before) < 16 else None
    return page(
        request, "storage/mail/sent.html", mail_page(request.GET.get("worker", "")[:63], number)
    )


@requires(Role.OPERATOR)
@never_cache
@require_GET
def content(request: HttpRequest, message: int) -> HttpResponse:
    """The e-mail as a download."""
    try:
        found = [row for row in outbox.recent(1, message + 1) if row.id == message]
        stored = outbox.content_of(message) if found else None
        if stored is None:
            raise Http404
        mail = mail_of(found[0], stored)
    except (StateRefused, StateUnavailable, DeliveryFailed):
        raise Http404 from None
    answer = HttpResponse(mail, content_type="message/rfc822")
    answer["Content-Disposition"] = f'attachment; filename="message-{message}.eml"'
    return answer
