"""What the page *Sent mail* shows: one request to the outbox, one query."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings

from dashboard.storage.client import StateRefused, StateUnavailable
from dashboard.storage.mail import outbox
from dashboard.storage.mail.outbox import OutboxMessage
from dashboard.storage.messages import state_problem
from routing.compile.workerd.binding_types.send_email import KIND
from routing.models import StateBinding

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class MailPage:
    """`workers` have a version that sends mail. `older_url` is "" on the last page. `folder` is
    where mail is written, "" with a mail server."""

    rows: tuple[OutboxMessage, ...]
    workers: tuple[str, ...]
    worker: str
    folder: str
    older_url: str
    problem: str = ""


def mail_page(worker: str, before: int | None) -> MailPage:
    rows: list[OutboxMessage] = []
    problem = ""
    try:
        rows = outbox.recent(PER_PAGE + 1, before, worker)
    except (StateRefused, StateUnavailable) as error:
        problem = state_problem(error)
    names = StateBinding.objects.filter(kind=KIND).values_list("version__worker__name", flat=True)
    more = {"worker": worker, "before": rows[PER_PAGE - 1].id} if len(rows) > PER_PAGE else {}
    return MailPage(
        rows=tuple(rows[:PER_PAGE]),
        workers=tuple(sorted(set(names.distinct()))),
        worker=worker,
        folder="" if settings.WORKER_MAIL == "smtp" else str(settings.WORKER_MAIL_DIR),
        older_url=f"?{urlencode(more)}" if more else "",
        problem=problem,
    )
