"""The audit trail as a page, newest first. Its address holds its filters."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import permission, person, refuse
from dashboard.limits.answers import retry_after
from dashboard.limits.limits import DOWNLOADS
from dashboard.limits.messages import try_again
from dashboard.limits.rates import seconds_to_wait
from dashboard.trail import export, push
from dashboard.trail.entry_facts import facts
from dashboard.trail.entry_filter import KINDS, WORDS, EntryFilter, entry_filter
from dashboard.trail.push import PushStatus
from dashboard.ui.page import page
from routing.models import AuditEntry, AuditHead, Worker

SIZE = 50
"""Entries of a page; the next one begins below the last id. Text is looked for in all of them."""
OF_WORKERS = (
    "deployment",
    "version",
    "worker",
    "rollout",
    "suite",
    "variable",
    "review",
    "policy",
    "override",
    "attempt",
)
"""Kinds whose subject is a Worker."""


@dataclass(frozen=True, slots=True)
class Line:
    """One entry; `worker` is whether its subject is a Worker that exists."""

    entry: AuditEntry
    worker: bool

    @property
    def words(self) -> str:
        return WORDS.get(self.entry.action, self.entry.action)

    @property
    def before(self) -> list[tuple[str, str]]:
        return list(facts(self.entry.before, shares=self.shares))

    @property
    def after(self) -> list[tuple[str, str]]:
        return list(facts(self.entry.after, shares=self.shares))

    @property
    def shares(self) -> bool:
        """Whether the numbers are percentages."""
        return _kind(self.entry) == "deployment"

    @property
    def refused(self) -> bool:
        return _kind(self.entry) == "attempt"


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """`more`: the id before which the next page begins; `head`: the end of the chain; `push`: the
    state of the webhook, None without one."""

    lines: list[Line]
    more: int | None
    kinds: list[tuple[str, str]]
    filter: EntryFilter
    before: str
    admin: bool
    head: AuditHead | None
    push: PushStatus | None


@require_safe
def activity(request: HttpRequest) -> HttpResponse:
    """`entry_filter` and `?before=` an id."""
    chosen = entry_filter(request.GET)
    before = request.GET.get("before", "")
    before = before if before.isdecimal() and len(before) < 16 else ""
    matching = chosen.shown()
    if before:
        matching = matching.filter(id__lt=int(before))
    entries = list(matching[: SIZE + 1])
    context = ActivityPage(
        lines=_lines(entries[:SIZE]),
        more=entries[SIZE - 1].pk if len(entries) > SIZE else None,
        kinds=list(KINDS.items()),
        filter=chosen,
        before=before,
        admin=permission(request.user, Role.ADMIN).allowed,
        head=AuditHead.objects.filter(id=1).first(),
        push=push.status(),
    )
    return page(request, "trail/activity.html", context, partial="found")


@require_safe
def download(request: HttpRequest, form: str) -> HttpResponseBase:
    """The entries of the page's filters as a file. For admins: it holds people's addresses."""
    allowed = permission(request.user, Role.ADMIN)
    if not allowed:
        return refuse(request, allowed)
    if seconds := seconds_to_wait(DOWNLOADS, str(person(request).pk)):
        words = {"message": try_again(seconds)}
        return retry_after(page(request, "429.html", words, status=429), seconds)
    return export.response(request, entry_filter(request.GET), form, timezone.now())


def _lines(entries: list[AuditEntry]) -> list[Line]:
    lines = [Line(entry, _kind(entry) in OF_WORKERS) for entry in entries]
    about = {line.entry.subject for line in lines if line.worker}
    there = set(Worker.objects.filter(name__in=about).values_list("name", flat=True))
    return [
        replace(line, worker=line.entry.subject in there) if line.worker else line for line in lines
    ]


def _kind(entry: AuditEntry) -> str:
    return entry.action.partition(".")[0]
